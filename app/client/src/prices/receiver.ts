// Pyth's receiver: the program that checks an update and writes the account a market reads. Its push oracle, which keeps one such
// account for each feed, is beside it.
import {
    type AccountMeta,
    AccountRole,
    type AccountSignerMeta,
    type Address,
    addCodecSizePrefix,
    containsBytes,
    type EncodedAccount,
    getAddressDecoder,
    getArrayEncoder,
    getBase16Encoder,
    getBytesCodec,
    getBytesEncoder,
    getProgramDerivedAddress,
    getStructEncoder,
    getU8Encoder,
    getU16Encoder,
    getU32Codec,
    getU64Decoder,
    type Instruction,
    type ReadonlyUint8Array,
    type TransactionSigner,
} from '@solana/kit';
import { SYSTEM_PROGRAM } from '../addresses.js';
import { readOnly, writable } from '../instructions/common.js';
import { guardianSetAddress } from './bridge.js';
import type { SignedMessage, SignedPrice } from './update.js';

/** A deployment of the receiver; each has accounts, a push oracle and signers of its own. */
export type Receiver = { readonly program: Address; readonly pushOracle: Address };

/** The deployments: that of Pyth Core, and the compatible one. */
export const RECEIVERS: readonly Receiver[] = [
    {
        program: 'rec5EKMGg6MxZYaMdyBfgwp4d5rB9T1VQH5pJv5LtFJ' as Address,
        pushOracle: 'pythWSnswVUd12oZpeFP8e9CVaEqJg25g1Vtc2biRsT' as Address,
    },
    {
        program: 'rec2HHDDnjLfj4kE7VyEtFA1HPGQLK33259532cRyHp' as Address,
        pushOracle: 'pyt2F414BA6dPttK6RddPZUdHfapoBN24GL5wbrPCou' as Address,
    },
];

// The first eight bytes of the SHA-256 hash of `global:` and the instruction's name, or of `account:` and the account's.
const POST_UPDATE_ATOMIC = Uint8Array.of(0x31, 0xac, 0x54, 0xc0, 0xaf, 0xb4, 0x34, 0xea);
const POST_UPDATE = Uint8Array.of(0x85, 0x5f, 0xcf, 0xaf, 0x0b, 0x4f, 0x76, 0x2c);
const RECLAIM_RENT = Uint8Array.of(0xda, 0xc8, 0x13, 0xc5, 0xe3, 0x59, 0xc0, 0x16);
const UPDATE_PRICE_FEED = Uint8Array.of(0x1c, 0x09, 0x5d, 0x96, 0x56, 0x99, 0xbc, 0x73);
const CONFIG = Uint8Array.of(0x9b, 0x0c, 0xaa, 0xe0, 0x1e, 0xfa, 0xcc, 0x82);

const sized = () => addCodecSizePrefix(getBytesCodec(), getU32Codec());
const node = getBytesEncoder();
const priceEncoder = getStructEncoder([
    ['message', sized()],
    ['proof', getArrayEncoder(node, { size: getU32Codec() })],
]);

/** The account that the push oracle keeps for a feed. A shard is one set of such accounts; sponsors write the first. */
export async function feedAddress({ pushOracle }: Receiver, shard: number, feed: string): Promise<Address> {
    const seeds = [getU16Encoder().encode(shard), getBase16Encoder().encode(feed)];
    return (await getProgramDerivedAddress({ programAddress: pushOracle, seeds }))[0];
}

/** Where a receiver's settings are. */
export async function configAddress({ program }: Receiver): Promise<Address> {
    return (await getProgramDerivedAddress({ programAddress: program, seeds: ['config'] }))[0];
}

/** What its fees are paid to. There are 256, so that payers do not wait for each other. */
async function treasuryAddress({ program }: Receiver, treasury: number): Promise<Address> {
    return (
        await getProgramDerivedAddress({ programAddress: program, seeds: ['treasury', Uint8Array.of(treasury)] })
    )[0];
}

/** What posting needs of the receiver's settings. */
export type ReceiverConfig = {
    readonly receiver: Receiver;
    /** The core bridge it trusts with signatures. */
    readonly bridge: Address;
    /** What a post pays, in lamports. */
    readonly fee: bigint;
};

/** An account is not the receiver's settings. */
export class ConfigError extends Error {
    override readonly name = 'ConfigError';

    constructor(readonly address: Address) {
        super(`${address} holds no settings of a Pyth receiver: check the cluster`);
    }
}

/** The settings in the account at `configAddress`. Throws `ConfigError`. */
export function parseConfig(receiver: Receiver, account: EncodedAccount): ReceiverConfig {
    const { address, data, programAddress } = account;
    if (programAddress !== receiver.program || data.length < CONFIG.length || !containsBytes(data, CONFIG, 0)) {
        throw new ConfigError(address);
    }
    try {
        // Authority, the next authority where there is one, bridge, sources of two and 32 bytes each, fee.
        const hasNext = data[40] === 1;
        const bridgeAt = 41 + (hasNext ? 32 : 0);
        const sources = getU32Codec().decode(data, bridgeAt + 32);
        const fee = getU64Decoder().decode(data, bridgeAt + 36 + sources * 34);
        return { receiver, bridge: getAddressDecoder().decode(data, bridgeAt), fee };
    } catch {
        throw new ConfigError(address);
    }
}

/** Who pays for a post and may change the account later. */
export type Poster = {
    /** Signs, pays and owns what it posts. */
    readonly payer: TransactionSigner;
    /** Which treasury takes the fee, 0 to 255. */
    readonly treasury: number;
};

/** An account that takes a price: its key signs where it does not exist yet. */
export type PriceAccount = Address | TransactionSigner;

export const addressOf = (account: PriceAccount): Address => (typeof account === 'string' ? account : account.address);

function signs(
    signer: TransactionSigner,
    role: AccountRole.READONLY_SIGNER | AccountRole.WRITABLE_SIGNER,
): AccountSignerMeta {
    return { address: signer.address, role, signer };
}

async function post(
    config: ReceiverConfig,
    { payer, treasury }: Poster,
    account: PriceAccount,
    proof: Address,
    data: Uint8Array,
): Promise<Instruction> {
    const { receiver } = config;
    const accounts: (AccountMeta | AccountSignerMeta)[] = [
        signs(payer, AccountRole.WRITABLE_SIGNER),
        readOnly(proof),
        readOnly(await configAddress(receiver)),
        writable(await treasuryAddress(receiver, treasury)),
        typeof account === 'string' ? writable(account) : signs(account, AccountRole.WRITABLE_SIGNER),
        readOnly(SYSTEM_PROGRAM),
        signs(payer, AccountRole.READONLY_SIGNER),
    ];
    return { programAddress: receiver.program, accounts, data };
}

const join = (...parts: ReadonlyUint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));
const merkle = ({ message, proof }: SignedPrice) => priceEncoder.encode({ message, proof: [...proof] });

/**
 * Checks the signatures of `vaa` and writes the price to `account`, in one instruction. Fully verified where more than two thirds of
 * the guardians signed; a mainnet message with that many signatures is too long for a transaction.
 */
export async function postUpdateAtomic(
    config: ReceiverConfig,
    poster: Poster,
    account: PriceAccount,
    { guardianSet }: SignedMessage,
    vaa: ReadonlyUint8Array,
    price: SignedPrice,
): Promise<Instruction> {
    const treasury = getU8Encoder().encode(poster.treasury);
    const data = join(POST_UPDATE_ATOMIC, sized().encode(vaa), merkle(price), treasury);
    return post(config, poster, account, await guardianSetAddress(config.bridge, guardianSet), data);
}

/** Writes the price to `account`, under a message whose signatures the bridge has verified. */
export function postUpdate(
    config: ReceiverConfig,
    poster: Poster,
    account: PriceAccount,
    encodedVaa: Address,
    price: SignedPrice,
): Promise<Instruction> {
    const data = join(POST_UPDATE, merkle(price), getU8Encoder().encode(poster.treasury));
    return post(config, poster, account, encodedVaa, data);
}

/**
 * Writes the price to the account that the push oracle keeps for its feed, under a message whose signatures the bridge has verified.
 * One that is not newer changes nothing, and is no error.
 */
export async function updatePriceFeed(
    config: ReceiverConfig,
    { payer, treasury }: Poster,
    shard: number,
    encodedVaa: Address,
    price: SignedPrice,
): Promise<Instruction> {
    const { receiver } = config;
    const feed = getBase16Encoder().encode(price.feed);
    const arguments_ = [merkle(price), getU8Encoder().encode(treasury), getU16Encoder().encode(shard), feed];
    return {
        programAddress: receiver.pushOracle,
        accounts: [
            signs(payer, AccountRole.WRITABLE_SIGNER),
            readOnly(receiver.program),
            readOnly(encodedVaa),
            readOnly(await configAddress(receiver)),
            writable(await treasuryAddress(receiver, treasury)),
            writable(await feedAddress(receiver, shard, price.feed)),
            readOnly(SYSTEM_PROGRAM),
        ],
        data: join(UPDATE_PRICE_FEED, ...arguments_),
    };
}

/** Closes a price account of the payer's, and pays its rent back. */
export function reclaimRent({ program }: Receiver, payer: TransactionSigner, account: Address): Instruction {
    const accounts = [signs(payer, AccountRole.WRITABLE_SIGNER), writable(account)];
    return { programAddress: program, accounts, data: RECLAIM_RENT };
}
