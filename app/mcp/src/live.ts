// Transactions that a key signs.
import { readFileSync } from 'node:fs';
import {
    type Market,
    type Outcome,
    type PricedMarket,
    planFresh,
    priceServer,
    sendPlan,
    sendTransaction,
} from '@perp-swap/client';
import { type Account, createKeyPairSignerFromBytes, type Instruction, type KeyPairSigner } from '@solana/kit';
import { ConfigError } from './config.js';
import type { Node } from './world.js';

/** The key in a file as Solana's tools write it: a list of 64 bytes. Throws `ConfigError`. */
export async function readSigner(file: string): Promise<KeyPairSigner> {
    try {
        return await createKeyPairSignerFromBytes(Uint8Array.from(JSON.parse(readFileSync(file, 'utf8'))));
    } catch (error) {
        const why = error instanceof Error ? error.message : error;
        throw new ConfigError(`--keypair ${file} holds no key (${why}): expected a JSON list of 64 bytes`);
    }
}

/** How transactions are sent. */
export type Sender = {
    readonly node: Node;
    readonly signer: KeyPairSigner;
    readonly pricesUrl: string | undefined;
};

/** Sends instructions that need no price. */
export function send({ node, signer }: Sender, instructions: readonly Instruction[]): Promise<Outcome> {
    return sendTransaction(node, { payer: signer, instructions });
}

/**
 * Sends instructions behind fresh prices of these markets. Without a price server they use the accounts that the markets name,
 * however old what lies there is.
 */
export async function sendPriced(
    sender: Sender,
    markets: readonly Account<Market>[],
    then: (prices: readonly PricedMarket[]) => Promise<readonly Instruction[]>,
): Promise<Outcome> {
    const { node, signer, pricesUrl } = sender;
    if (pricesUrl === undefined) {
        const prices = markets.map(({ data }) => ({ market: data.state.index, oracle: data.oracle.account }));
        return send(sender, await then(prices));
    }
    const plan = await planFresh(node, priceServer(pricesUrl), { payer: signer, markets, use: then });
    return (await sendPlan(node, plan)).outcome;
}

/** What became of a transaction, in words. */
export function showOutcome(outcome: Outcome): Record<string, unknown> {
    switch (outcome.step) {
        case 'confirmed':
            return {
                outcome: 'confirmed',
                signature: outcome.signature,
                fee_lamports: outcome.record.fee.toString(),
                events: outcome.record.events.seen.map(({ name }) => name),
            };
        case 'refused': {
            const { message, explanation, details } = outcome.refusal;
            return {
                outcome: 'refused',
                nothing_happened: true,
                signature: outcome.signature,
                message,
                rule: explanation?.name ?? null,
                remedy: explanation?.remedy ?? null,
                details,
            };
        }
        case 'unsent':
            return { outcome: 'unsent', nothing_happened: true, message: outcome.reason };
        case 'expired':
            return { outcome: 'expired', nothing_happened: true, signature: outcome.signature };
        case 'unknown':
            return {
                outcome: 'unknown',
                message: `It may still take place: look up the signature before trying again. ${outcome.reason}`,
                signature: outcome.signature,
            };
    }
}

/** Whether it is certain that a transaction did not take place. */
export function tookNoPlace({ step }: Outcome): boolean {
    return step === 'refused' || step === 'unsent' || step === 'expired';
}
