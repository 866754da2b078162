// A margin account on chain, and the key of its owner.
import {
    anyPrice,
    createTokenAccount,
    deposit,
    type Market,
    marginAccountAddress,
    type Order,
    type Outcome,
    openAccount,
    openOrders,
    type PricedMarket,
    placeOrders,
    settlePnl,
    tokensOf,
    trade,
    withdraw,
} from '@perp-swap/client';
import type { Engine } from '@perp-swap/client/engine';
import type { Account, Address } from '@solana/kit';
import type { Desk, Done, Seat } from './desk.js';
import { type Sitting, sit } from './engine.js';
import type { Limits } from './limits.js';
import { type Sender, send, sendPriced, showOutcome, tookNoPlace } from './live.js';
import { placementQuestion, positionQuestion, tradeQuestion, transferQuestion } from './questions.js';
import { wholeAtoms } from './show.js';
import { readOwned, readWorld } from './world.js';

/** What a live desk is made of. */
export type LiveParts = {
    readonly sender: Sender;
    readonly engine: Engine;
    readonly exchange: Address;
    readonly subAccount: number;
    readonly limits: Limits;
};

/** The desk of the key's owner. */
export async function liveDesk({ sender, engine, exchange, subAccount, limits }: LiveParts): Promise<Desk> {
    const { node, signer } = sender;
    const { addresses } = await readWorld(node, exchange);
    const address = await marginAccountAddress(addresses, signer.address, subAccount);
    const authority = { signer, marginAccount: address };

    /** Sends what was counted against the limits, and gives it back where it is certain that nothing happened. */
    const counted = async (notionals: readonly bigint[], sent: () => Promise<Outcome>): Promise<Done> => {
        limits.take(notionals);
        const outcome = await sent();
        if (tookNoPlace(outcome)) {
            limits.giveBack(notionals);
        }
        return showOutcome(outcome);
    };

    const seat = async (): Promise<Seat | undefined> => {
        const world = await readWorld(node, exchange);
        const owned = await readOwned(node, world, signer.address, subAccount);
        if (owned === undefined) {
            return undefined;
        }
        const { account, orders } = owned;
        return {
            world,
            account: account.data,
            orders: orders?.data.state,
            sit: () => sit(engine, world, { kind: 'on chain', account, orders }),
        };
    };

    return {
        mode: 'live',
        address,
        left: () => limits.left,
        journal: () => undefined,
        seat,
        async deposit(amount) {
            const open = (await seat()) === undefined ? [await openAccount(addresses, signer, signer, subAccount)] : [];
            const source = await tokensOf(addresses, signer.address);
            return showOutcome(await send(sender, [...open, deposit(addresses, authority, source, amount)]));
        },
        async withdraw({ account, sit: sitting }, amount) {
            sitting().ask('withdraw', transferQuestion(amount));
            const destination = await tokensOf(addresses, signer.address);
            const make = await createTokenAccount(addresses, signer, signer.address);
            const out = await withdraw(addresses, authority, account.state, destination, amount);
            return showOutcome(await send(sender, [make, out]));
        },
        async trade({ account, sit: sitting }, market, order) {
            const notional = worth(sitting(), market, order);
            return counted(order.reduceOnly ? [] : [notional], () =>
                sendPriced(sender, [market], async (prices) => [
                    await trade(addresses, authority, account.state, only(prices), order),
                ]),
            );
        },
        async settle({ sit: sitting }, market) {
            sitting().ask('settlePnl', positionQuestion(market));
            const outcome = await sendPriced(sender, [market], async (prices) => [
                await settlePnl(addresses, address, only(prices)),
            ]);
            return showOutcome(outcome);
        },
        async place({ account, sit: fresh }, market, orders) {
            const sitting = fresh();
            sitting.ask('placeOrders', ...placementQuestion(market, orders));
            const notionals = orders
                .filter(({ reduceOnly }) => !reduceOnly)
                .flatMap(({ size, slices }) => {
                    const each = worth(sitting, market, { size, acceptablePrice: anyPrice(size), reduceOnly: false });
                    return Array<bigint>(slices).fill(each);
                });
            const of = { owner: signer.address, marginAccount: address, account: account.state };
            const open = account.state.ordersOpen === 1 ? [] : [await openOrders(authority, signer)];
            const target = { market: market.data.state.index, oracle: market.data.oracle.account };
            const place = await placeOrders(addresses, signer, of, target, [], orders);
            return counted(notionals, () => send(sender, [...open, place]));
        },
        async cancel({ account, world }, places) {
            const of = { owner: signer.address, marginAccount: address, account: account.state };
            const target = { market: world.markets[0]?.data.state.index ?? 0 };
            return showOutcome(await send(sender, [await placeOrders(addresses, signer, of, target, places, [])]));
        },
    };
}

/** What an order is worth at the index, in atoms. Throws `RefusedError` where it would not be filled. */
function worth(sitting: Sitting, market: Account<Market>, order: Order): bigint {
    return wholeAtoms(sitting.ask('trade', tradeQuestion(market, order)).answer.indexNotional);
}

/** The price account of the one market that was asked for. */
function only([target]: readonly PricedMarket[]): PricedMarket {
    if (target === undefined) {
        throw new Error('no market was priced');
    }
    return target;
}
