import {
    AccountRole,
    type Address,
    containsBytes,
    createNoopSigner,
    getBase16Decoder,
    getU32Decoder,
    type Instruction,
} from '@solana/kit';
import { describe, expect, test } from 'vitest';
import { accountOf, type Destination, parseUpdate, planPosting, secondOf, UpdateError } from '../src/prices/index.js';
import { configAddress, feedAddress, parseConfig, RECEIVERS, type Receiver } from '../src/prices/receiver.js';
import { encoded, fromHex, type Vectors, vectors } from './interface.js';

const { updates, plans, receivers, feed, payer, own, settings } = vectors('prices.json');
const hex = getBase16Decoder();
const [core] = RECEIVERS as [Receiver];

/** First bytes of an instruction that writes a part of a message. */
const WRITE = Uint8Array.of(0xc7, 0xd0, 0x6e, 0xb1, 0x96, 0x4c, 0x76, 0x2a);

function told(bytes: string) {
    try {
        const { vaa, signed, prices } = parseUpdate(fromHex(bytes));
        return {
            vaa: hex.decode(vaa),
            guardianSet: signed.guardianSet,
            signatures: signed.signatures,
            slot: signed.slot.toString(),
            root: hex.decode(signed.root),
            prices: prices.map((price) => ({
                ...price,
                price: price.price.toString(),
                confidence: price.confidence.toString(),
                publishTime: price.publishTime.toString(),
                previousPublishTime: price.previousPublishTime.toString(),
                message: hex.decode(price.message),
                proof: price.proof.map((node) => hex.decode(node)),
            })),
        };
    } catch (error) {
        if (error instanceof UpdateError) {
            return { error: error.message };
        }
        throw error;
    }
}

test.each(updates as Vectors[])('$what: read as perp-updates reads it', ({ bytes, told: expected }) => {
    expect(told(bytes)).toEqual(expected);
});

test('feeds of one second are told', () => {
    const update = parseUpdate(fromHex(updates[0].bytes));
    const feeds = update.prices.map((price) => price.feed);
    expect(secondOf(update, feeds)).toBe(1_700_000_000n);
    expect(secondOf(update, [])).toBe(0n);
    expect(() => secondOf(update, ['00'.repeat(32)])).toThrow('the update has no price of feed 00');
});

describe('receivers', () => {
    test.each(receivers as Vectors[])('$program has the addresses that perp-updates derives', async (expected) => {
        const receiver = RECEIVERS.find(({ program }) => program === expected.program) as Receiver;
        expect(receiver.pushOracle).toBe(expected.pushOracle);
        expect(await configAddress(receiver)).toBe(expected.config);
        for (const [shard, account] of expected.feeds) {
            expect(await feedAddress(receiver, shard, feed)).toBe(account);
        }
    });

    test('settings are read, and nothing else is taken for them', () => {
        const data = fromHex(settings.data);
        const { bridge, fee } = parseConfig(core, encoded(own, data, core.program));
        expect([bridge, fee.toString()]).toEqual([settings.bridge, settings.fee]);
        expect(() => parseConfig(core, encoded(own, data, own))).toThrow('check the cluster');
        expect(() => parseConfig(core, encoded(own, data.slice(0, 60), core.program))).toThrow('check the cluster');
        expect(() => parseConfig(core, encoded(own, data.slice(1), core.program))).toThrow('check the cluster');
    });
});

const signer = createNoopSigner(payer);

function instructionOf({ program, accounts, data }: Vectors): Instruction {
    const roles = accounts.map(([address, signs, writes]: [Address, 0 | 1, 0 | 1]) => ({
        address,
        role: 2 * signs + writes,
        ...(signs === 1 ? { signer } : {}),
    }));
    return { programAddress: program, accounts: roles, data: fromHex(data) };
}

function spelled({ programAddress, accounts = [], data = new Uint8Array() }: Instruction) {
    return {
        program: programAddress,
        accounts: accounts.map(({ address, role }) => [
            address,
            role >= AccountRole.READONLY_SIGNER ? 1 : 0,
            role === AccountRole.WRITABLE || role === AccountRole.WRITABLE_SIGNER ? 1 : 0,
        ]),
        data: hex.decode(data),
    };
}

/** The message that instructions write, and the instructions without them: where a message is split is a matter of a few bytes. */
function withoutWrites(instructions: readonly Instruction[], length: number) {
    const message = new Uint8Array(length);
    const others = instructions.filter(({ data = new Uint8Array() }) => {
        const writes = data.length >= 16 && containsBytes(data, WRITE, 0);
        if (writes) {
            message.set(data.slice(16), getU32Decoder().decode(data, 8));
        }
        return !writes;
    });
    return { message: hex.decode(message), others: others.map(spelled) };
}

test.each(plans as Vectors[])('$what: planned as perp-updates plans it', async (expected) => {
    const update = parseUpdate(fromHex(expected.bytes));
    const destinations: Destination[] = expected.destinations.map(({ feed, account, shard }: Vectors) => ({
        receiver: core,
        feed,
        place:
            shard === null ? { kind: 'own', account: createNoopSigner(account) } : { kind: 'shared', account, shard },
    }));
    expect(destinations.map(accountOf)).toEqual(expected.destinations.map(({ account }: Vectors) => account));
    const plan = await planPosting({
        config: { receiver: core, bridge: settings.bridge, fee: 1n },
        poster: { payer: signer, treasury: 200 },
        update,
        destinations,
        uses: [instructionOf(expected.uses)],
        usesUnits: 200_000,
        unitPrice: 1n,
        number: 18_446_744_073_709_551_615n,
        vaaLamports: 7_836_960n,
    });
    expect(plan.transactions.length).toBe(expected.transactions.length);
    expect(plan.uses).toBe(expected.used);
    const length = update.vaa.length;
    const found = plan.transactions.map(({ instructions }) => instructions);
    const wanted = expected.transactions.map((instructions: Vectors[]) => instructions.map(instructionOf));
    expect(withoutWrites(found.flat(), length)).toEqual(withoutWrites(wanted.flat(), length));
    expect(found.map((instructions) => withoutWrites(instructions, length).others)).toEqual(
        wanted.map((instructions: Instruction[]) => withoutWrites(instructions, length).others),
    );
});
