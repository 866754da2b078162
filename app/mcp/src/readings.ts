// What the markets' price accounts say, for the engine.
import { NO_ADDRESS, type Snapshot } from '@perp-swap/client';
import { containsBytes, getI32Decoder, getI64Decoder, getU64Decoder } from '@solana/kit';

/** A reading of a market's oracle. */
export type Reading = {
    readonly market: number;
    readonly price: bigint;
    readonly confidence: bigint;
    readonly exponent: number;
    readonly published: bigint;
    readonly previous: bigint;
};

/** How an account of a pull oracle begins, how long it is, and where its fields are. */
const PULL = {
    discriminator: Uint8Array.of(0x22, 0xf1, 0x23, 0x63, 0x9d, 0x7e, 0xf4, 0xcd),
    length: 134,
    level: 40,
    full: 1,
    feed: 41,
    price: 73,
    confidence: 81,
    exponent: 89,
    published: 93,
    previous: 101,
} as const;

/** The readings in the markets' own price accounts, as far as they are of pull oracles and fully verified. */
export function readingsOf({ markets, encoded }: Snapshot): Reading[] {
    return markets.flatMap(({ data: { oracle, state } }) => {
        const account = oracle.account === NO_ADDRESS ? undefined : encoded.get(oracle.account);
        const data = account?.data;
        if (
            data === undefined ||
            account?.programAddress !== oracle.program ||
            data.length !== PULL.length ||
            !containsBytes(data, PULL.discriminator, 0) ||
            data[PULL.level] !== PULL.full ||
            !containsBytes(data, oracle.feedId, PULL.feed)
        ) {
            return [];
        }
        return [
            {
                market: state.index,
                price: getI64Decoder().decode(data, PULL.price),
                confidence: getU64Decoder().decode(data, PULL.confidence),
                exponent: getI32Decoder().decode(data, PULL.exponent),
                published: getI64Decoder().decode(data, PULL.published),
                previous: getI64Decoder().decode(data, PULL.previous),
            },
        ];
    });
}
