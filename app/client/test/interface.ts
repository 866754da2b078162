// What perp-client, the client in Rust, does: written by its test `interface`, and reproduced here.
import { readFileSync } from 'node:fs';
import { type Address, type EncodedAccount, getBase16Encoder, lamports, type ReadonlyUint8Array } from '@solana/kit';
import { PERP_SWAP_PROGRAM_ADDRESS } from '../src/addresses.js';
import * as types from '../src/generated/types/index.js';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** A committed file of `interface`. Its shape is what the test in Rust writes. */
// biome-ignore lint/suspicious/noExplicitAny: every test knows the shape of its file
export type Vectors = any;

export function vectors(name: string): Vectors {
    return JSON.parse(readFileSync(new URL(`../interface/${name}`, import.meta.url), 'utf8'));
}

/** The cases of a file that is a list of them. */
export function cases(name: string): Vectors[] {
    return vectors(name);
}

export function fromHex(text: string): ReadonlyUint8Array {
    return getBase16Encoder().encode(text);
}

export function encoded(
    address: string,
    data: ReadonlyUint8Array,
    owner: string = PERP_SWAP_PROGRAM_ADDRESS,
): EncodedAccount {
    return {
        address: address as Address,
        data: Uint8Array.from(data),
        executable: false,
        lamports: lamports(1n),
        programAddress: owner as Address,
        space: BigInt(data.length),
    };
}

const enums: Record<string, unknown>[] = Object.values(types).filter((value) => typeof value === 'object');

/**
 * A decoded value, spelled as Rust spells `like`: fields in snake case, numbers as text, choices by their name. Throws where a field
 * is missing or too much.
 */
export function spelled(value: unknown, like: Json): Json {
    if (value instanceof Uint8Array) {
        return spelled([...value], like);
    }
    if (Array.isArray(value) && Array.isArray(like)) {
        return value.map((item, place) => spelled(item, like[place] ?? null));
    }
    if (typeof value === 'object' && value !== null && '__option' in value) {
        const option = value as { __option: string; value?: unknown };
        return option.__option === 'None' ? null : spelled(option.value, like);
    }
    if (value === types.PriceLimit.None && like === null) {
        // Rust spells this choice as it spells what is not there.
        return null;
    }
    if (typeof value === 'number' && typeof like === 'string' && /^[A-Z]/.test(like)) {
        const named = enums.find((choice) => choice[value] === like);
        return named === undefined ? `${value}` : like;
    }
    if (
        typeof value === 'object' &&
        value !== null &&
        typeof like === 'object' &&
        like !== null &&
        !Array.isArray(like)
    ) {
        const entries = Object.entries(value).map(([name, field]) => {
            const snake = name.replaceAll(/[A-Z]|(?<=[a-z])\d+/g, (part) => `_${part.toLowerCase()}`);
            return [snake, spelled(field, like[snake] ?? null)] as const;
        });
        return Object.fromEntries(entries);
    }
    return typeof value === 'boolean' || value === null ? value : String(value);
}
