// A margin account on paper: the engine does with it what the program would do with one on chain, at the prices that lie there.
import { ACCOUNTS, formatAtoms, formatPrice, formatSize } from '@perp-swap/client';
import type { Address } from '@solana/kit';
import type { Desk, Done, Seat } from './desk.js';
import type { Engine, Sitting } from './engine.js';
import { Paper } from './paper.js';
import { number, placementQuestion, positionQuestion, tradeQuestion, transferQuestion } from './questions.js';
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
        const sitting = engine.sit(first, { account: undefined, isOnPaper: true });
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
        const account = ACCOUNTS.marginAccount.decoder.decode(paper.account);
        const asker = { account: paper.account, isOnPaper: true };
        return { world, account, orders: undefined, sit: () => engine.sit(world, asker) };
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
        async withdraw({ sit }, amount) {
            const sitting = sit();
            sitting.act('withdraw', transferQuestion(amount));
            return keep('withdraw', sitting, { amount: shown(amount) });
        },
        async trade({ sit }, market, order) {
            const [sitting, question] = [sit(), tradeQuestion(market, order)];
            const { answer } = sitting.ask('trade', question);
            sitting.act('trade', question);
            const { state } = market.data;
            return keep('trade', sitting, {
                market: symbolOf(market),
                size: formatSize(number(answer, 'size'), state),
                average_price: formatPrice(number(answer, 'average_price'), state),
                notional_at_the_index: showExact(number(answer, 'index_notional'), quoteDecimals),
                cost: shown(number(answer, 'cost')),
                realized: shown(number(answer, 'realized')),
            });
        },
        async settle({ sit }, market) {
            const [sitting, question] = [sit(), positionQuestion(market)];
            const { answer } = sitting.ask('settle_pnl', question);
            sitting.act('settle_pnl', question);
            return keep('settle', sitting, { market: symbolOf(market), profit: shown(number(answer, 'profit')) });
        },
        async place({ sit }, market, orders) {
            sit().ask('place_orders', ...placementQuestion(market, [], orders));
            throw new NotFoundError(
                'the exchange would take the order, but a paper account keeps none that wait: trade instead',
            );
        },
        async cancel() {
            throw new NotFoundError('no orders wait on paper');
        },
    };
}
