// A margin account on paper: the engine does with it what the program would do with one on chain, at the prices that lie there.
import {
    ACCOUNTS,
    formatAtoms,
    formatPrice,
    formatSize,
    type MarginAccount,
    PERP_SWAP_PROGRAM_ADDRESS,
} from '@perp-swap/client';
import type { Engine } from '@perp-swap/client/engine';
import { type Account, type Address, lamports, type ReadonlyUint8Array } from '@solana/kit';
import type { Desk, Done, Seat } from './desk.js';
import { type Sitting, sit } from './engine.js';
import { Paper } from './paper.js';
import { placementQuestion, positionQuestion, tradeQuestion, transferQuestion } from './questions.js';
import { showExact } from './show.js';
import { type Node, NotFoundError, readWorld, symbolOf } from './world.js';

/** What a paper desk is made of. */
export type PaperParts = {
    readonly node: Node;
    readonly engine: Engine;
    readonly exchange: Address;
    readonly file: string;
    /** What a new account begins with, in atoms of the quote token. */
    readonly balance: (quoteDecimals: number) => bigint;
};

/** Where a paper account would be: nobody has a key that leads there. */
export const ON_PAPER = 'Paper11111111111111111111111111111111111111' as Address;

/** The desk of a paper account. */
export async function paperDesk({ node, engine, exchange, file, balance }: PaperParts): Promise<Desk> {
    const first = await readWorld(node, exchange);
    const { quoteDecimals } = first.exchange.data;
    const paper = Paper.open(file, exchange, () => {
        const sitting = sit(engine, first, { kind: 'new' });
        sitting.act('deposit', transferQuestion(balance(quoteDecimals)));
        return sitting.account();
    });
    const keep = (tool: string, sitting: Sitting, told: Done): Done => {
        paper.keep(sitting.account(), { time: new Date().toISOString(), tool, ...told });
        return { outcome: 'done on paper', ...told };
    };
    const shown = (atoms: bigint) => formatAtoms(atoms, quoteDecimals);
    const seat = async (): Promise<Seat> => {
        const world = await readWorld(node, exchange);
        const account = asIfOnChain(paper.account);
        return {
            world,
            account: account.data,
            orders: undefined,
            sit: () => sit(engine, world, { kind: 'on paper', account }),
        };
    };
    return {
        mode: 'paper',
        address: ON_PAPER,
        left: () => undefined,
        journal: () => paper.journal,
        seat,
        async deposit(amount) {
            const sitting = (await seat()).sit();
            sitting.act('deposit', transferQuestion(amount));
            return keep('deposit', sitting, { amount: shown(amount) });
        },
        async withdraw({ sit: fresh }, amount) {
            const sitting = fresh();
            sitting.act('withdraw', transferQuestion(amount));
            return keep('withdraw', sitting, { amount: shown(amount) });
        },
        async trade({ sit: fresh }, market, order) {
            const [sitting, question] = [fresh(), tradeQuestion(market, order)];
            const { answer } = sitting.ask('trade', question);
            sitting.act('trade', question);
            const { state } = market.data;
            return keep('trade', sitting, {
                market: symbolOf(market),
                size: formatSize(answer.size, state),
                average_price: formatPrice(answer.averagePrice, state),
                notional_at_the_index: showExact(answer.indexNotional, quoteDecimals),
                cost: shown(answer.cost),
                realized: shown(answer.realized),
            });
        },
        async settle({ sit: fresh }, market) {
            const [sitting, question] = [fresh(), positionQuestion(market)];
            const { answer } = sitting.ask('settlePnl', question);
            sitting.act('settlePnl', question);
            return keep('settle', sitting, { market: symbolOf(market), profit: shown(answer.profit) });
        },
        async place({ sit: fresh }, market, orders) {
            fresh().ask('placeOrders', ...placementQuestion(market, orders));
            throw new NotFoundError(
                'the exchange would take the order, but a paper account keeps none that wait: trade instead',
            );
        },
        async cancel() {
            throw new NotFoundError('no orders wait on paper');
        },
    };
}

/** An account's bytes as if they had been read from the chain. */
function asIfOnChain(bytes: ReadonlyUint8Array): Account<MarginAccount> {
    return {
        address: ON_PAPER,
        data: ACCOUNTS.marginAccount.decoder.decode(bytes),
        executable: false,
        lamports: lamports(0n),
        programAddress: PERP_SWAP_PROGRAM_ADDRESS,
        space: BigInt(bytes.length),
    };
}
