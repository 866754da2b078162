// Wormhole's core bridge, as far as it verifies a message: its bytes are written to an account in parts, and its signatures checked
// there. The account is the writer's, who closes it and gets its rent back.
import {
    AccountRole,
    type AccountSignerMeta,
    type Address,
    addCodecSizePrefix,
    addEncoderSizePrefix,
    createAddressWithSeed,
    getAddressEncoder,
    getBytesCodec,
    getProgramDerivedAddress,
    getU32Codec,
    getU64Encoder,
    getUtf8Encoder,
    type Instruction,
    type ReadonlyUint8Array,
    type TransactionSigner,
} from '@solana/kit';
import { SYSTEM_PROGRAM } from '../addresses.js';
import { readOnly, writable } from '../instructions/common.js';

/** Bytes in front of the message in its account. */
const ENCODED_VAA_HEADER = 46;
const CREATE_ACCOUNT_WITH_SEED = 3;

const INIT_ENCODED_VAA = Uint8Array.of(0xd1, 0xc1, 0xad, 0x19, 0x5b, 0xca, 0xb5, 0xda);
const WRITE_ENCODED_VAA = Uint8Array.of(0xc7, 0xd0, 0x6e, 0xb1, 0x96, 0x4c, 0x76, 0x2a);
const VERIFY_ENCODED_VAA = Uint8Array.of(0x67, 0x38, 0xb1, 0xe5, 0xf0, 0x67, 0x44, 0x49);
const CLOSE_ENCODED_VAA = Uint8Array.of(0x30, 0xdd, 0xae, 0xc6, 0xe7, 0x07, 0x98, 0x26);

/** Where the guardians of a set are. */
export async function guardianSetAddress(bridge: Address, index: number): Promise<Address> {
    const bigEndian = new Uint8Array(4);
    new DataView(bigEndian.buffer).setUint32(0, index);
    return (await getProgramDerivedAddress({ programAddress: bridge, seeds: ['GuardianSet', bigEndian] }))[0];
}

/** An account for a message, at an address derived from its writer's: it needs no key of its own. */
export type EncodedVaa = {
    /** The bridge that verifies it. */
    readonly bridge: Address;
    /** Who writes, pays and gets the rent back. */
    readonly writer: TransactionSigner;
    readonly address: Address;
    readonly seed: string;
};

/** That of a number of the writer's choice, which tells it from others that he has open at the same time. */
export async function encodedVaa(bridge: Address, writer: TransactionSigner, number: bigint): Promise<EncodedVaa> {
    const seed = `vaa${number}`;
    const address = await createAddressWithSeed({ baseAddress: writer.address, programAddress: bridge, seed });
    return { bridge, writer, address, seed };
}

/** Bytes of the account of a message. */
export function encodedVaaLength(vaa: ReadonlyUint8Array): number {
    return ENCODED_VAA_HEADER + vaa.length;
}

function instruction({ bridge, writer, address }: EncodedVaa, data: Uint8Array, guardianSet?: Address): Instruction {
    // Writable for the one that closes; in each transaction he is the payer, who is writable anyway.
    const signs: AccountSignerMeta = { address: writer.address, role: AccountRole.WRITABLE_SIGNER, signer: writer };
    const accounts = [signs, writable(address), ...(guardianSet === undefined ? [] : [readOnly(guardianSet)])];
    return { programAddress: bridge, accounts, data };
}

/** Creates the account and declares it one for a message. */
export function createEncodedVaa(account: EncodedVaa, lamports: bigint, length: number): Instruction[] {
    const { bridge, writer, address, seed } = account;
    const base = getAddressEncoder().encode(writer.address);
    const named = addEncoderSizePrefix(getUtf8Encoder(), getU64Encoder());
    const parts: ReadonlyUint8Array[] = [
        getU32Codec().encode(CREATE_ACCOUNT_WITH_SEED),
        base,
        named.encode(seed),
        getU64Encoder().encode(lamports),
        getU64Encoder().encode(length),
        getAddressEncoder().encode(bridge),
    ];
    const signs: AccountSignerMeta = { address: writer.address, role: AccountRole.WRITABLE_SIGNER, signer: writer };
    const create: Instruction = {
        programAddress: SYSTEM_PROGRAM,
        accounts: [signs, writable(address)],
        data: Uint8Array.from(parts.flatMap((part) => [...part])),
    };
    return [create, instruction(account, INIT_ENCODED_VAA)];
}

/** Writes a part of the message from the byte `offset` on. */
export function writeEncodedVaa(account: EncodedVaa, offset: number, part: ReadonlyUint8Array): Instruction {
    const bytes = addCodecSizePrefix(getBytesCodec(), getU32Codec()).encode(part);
    return instruction(account, Uint8Array.of(...WRITE_ENCODED_VAA, ...getU32Codec().encode(offset), ...bytes));
}

/** Checks the signatures against a set of guardians. */
export async function verifyEncodedVaa(account: EncodedVaa, guardianSet: number): Promise<Instruction> {
    return instruction(account, VERIFY_ENCODED_VAA, await guardianSetAddress(account.bridge, guardianSet));
}

/** Closes the account, and pays its rent back to the writer. */
export function closeEncodedVaa(account: EncodedVaa): Instruction {
    return instruction(account, CLOSE_ENCODED_VAA);
}
