// What the server is told on its command line.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { parseDecimal } from '@perp-swap/client';
import type { LocalExchange } from '@perp-swap/client/local';
import { type Address, isAddress } from '@solana/kit';

/** Something on the command line, or in a file that it names, is wrong. */
export class ConfigError extends Error {
    override readonly name = 'ConfigError';
}

/** How much may be traded, in decimal amounts of the quote token. */
export type LimitTexts = { readonly perTrade: string; readonly inTotal: string };

/** Whether anything is signed. */
export type Mode =
    /** Nothing is signed: a paper account with so much collateral, kept in a file. */
    | { readonly kind: 'paper'; readonly file: string; readonly balance: string }
    /** The key in this file signs, within these limits. */
    | { readonly kind: 'live'; readonly keypair: string; readonly limits: LimitTexts };

/** What the server is told. */
export type Config = {
    readonly rpcUrl: string;
    readonly exchange: Address;
    /** Where signed prices are asked for; without it those that lie on chain are used. */
    readonly pricesUrl: string | undefined;
    /** Where the history is asked for. */
    readonly historyUrl: string | undefined;
    /** Number of the margin account among its owner's. */
    readonly subAccount: number;
    readonly mode: Mode;
};

/** What the flags are. */
export const USAGE = `usage: perp-mcp [--local FILE | --url URL --exchange ADDRESS] [flags]

  --local FILE         exchange.json of a running local validator
  --url URL            the RPC node
  --exchange ADDRESS   the exchange
  --prices URL         a server of signed prices, to bring fresh ones along
  --history URL        a perp-indexer
  --sub-account N      number of the margin account, 0 where it is not given

Paper, where --live is not given: nothing is signed.
  --paper FILE         where the paper account is kept, perp-paper.json where it is not given
  --balance AMOUNT     what a new paper account begins with, 10000 where it is not given

Live: the key signs.
  --live               trade for real
  --keypair FILE       the owner's key, or a delegate's
  --max-trade AMOUNT   largest notional of an order, in the quote token
  --max-total AMOUNT   largest notional of all orders together, until the server ends`;

const OPTIONS = {
    local: { type: 'string' },
    url: { type: 'string' },
    exchange: { type: 'string' },
    prices: { type: 'string' },
    history: { type: 'string' },
    'sub-account': { type: 'string' },
    paper: { type: 'string' },
    balance: { type: 'string' },
    live: { type: 'boolean' },
    keypair: { type: 'string' },
    'max-trade': { type: 'string' },
    'max-total': { type: 'string' },
} as const;

type Flags = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values'];

/** The configuration of these arguments. Throws `ConfigError`, which names the flag or file and what would be right. */
export function parseConfig(args: readonly string[]): Config {
    const flags = parseFlags(args);
    const local = flags.local === undefined ? undefined : readLocal(flags.local);
    if (local !== undefined && (flags.url !== undefined || flags.exchange !== undefined)) {
        throw new ConfigError('--local says what --url and --exchange would say: give one of both');
    }
    const rpcUrl = local?.rpc_url ?? required(flags, 'url', 'the URL of an RPC node');
    const exchange = local?.exchange ?? required(flags, 'exchange', 'the address of an exchange');
    if (!isAddress(exchange)) {
        throw new ConfigError(`--exchange ${exchange} is no address: expected 32 bytes in base58`);
    }
    const pricesUrl = flags.prices ?? local?.prices_url;
    return {
        rpcUrl: httpUrl('url', rpcUrl),
        exchange,
        pricesUrl: pricesUrl === undefined ? undefined : httpUrl('prices', pricesUrl),
        historyUrl: flags.history === undefined ? undefined : httpUrl('history', flags.history),
        subAccount: subAccount(flags['sub-account'] ?? '0'),
        mode: flags.live === true ? live(flags) : paper(flags),
    };
}

function parseFlags(args: readonly string[]): Flags {
    try {
        return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: false }).values;
    } catch (error) {
        throw new ConfigError(`${error instanceof Error ? error.message : error}\n${USAGE}`);
    }
}

function required(
    flags: Flags,
    name: 'url' | 'exchange' | 'keypair' | 'max-trade' | 'max-total',
    what: string,
): string {
    const given = flags[name];
    if (given === undefined || given === '') {
        throw new ConfigError(`--${name} is missing: give ${what}\n${USAGE}`);
    }
    return given;
}

function refuse(flags: Flags, names: readonly (keyof Flags)[], why: string): void {
    for (const name of names) {
        if (flags[name] !== undefined) {
            throw new ConfigError(`--${name} ${why}`);
        }
    }
}

function live(flags: Flags): Mode {
    refuse(flags, ['paper', 'balance'], 'is for the paper account: leave it away beside --live');
    return {
        kind: 'live',
        keypair: required(flags, 'keypair', 'the file of the key that signs'),
        limits: {
            perTrade: amount('max-trade', required(flags, 'max-trade', 'the largest notional of an order')),
            inTotal: amount('max-total', required(flags, 'max-total', 'the largest notional of all orders')),
        },
    };
}

function paper(flags: Flags): Mode {
    refuse(flags, ['keypair', 'max-trade', 'max-total'], 'signs nothing without --live: add that, or leave it away');
    return {
        kind: 'paper',
        file: flags.paper ?? 'perp-paper.json',
        balance: amount('balance', flags.balance ?? '10000'),
    };
}

function amount(flag: string, text: string): string {
    let isPositive = false;
    try {
        isPositive = parseDecimal(text).mantissa > 0n;
    } catch {
        // Said below.
    }
    if (!isPositive) {
        throw new ConfigError(`--${flag} "${text}" is no amount: expected a decimal number above 0, such as 2500`);
    }
    return text;
}

function subAccount(text: string): number {
    const number = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
    if (!(number <= 65_535)) {
        throw new ConfigError(`--sub-account "${text}" is none: expected a whole number from 0 to 65535`);
    }
    return number;
}

function httpUrl(flag: string, text: string): string {
    if (!URL.canParse(text) || !['http:', 'https:'].includes(new URL(text).protocol)) {
        throw new ConfigError(`--${flag} is no URL of http or https, such as http://127.0.0.1:8899`);
    }
    return text;
}

function readLocal(file: string): LocalExchange {
    try {
        return JSON.parse(readFileSync(file, 'utf8'));
    } catch (error) {
        const why = error instanceof Error ? error.message : error;
        throw new ConfigError(`--local ${file} cannot be read (${why}): start the local validator, which writes it`);
    }
}
