// Orders that wait: placed, filled by anybody, cancelled.
import { type Account, generateKeyPairSigner, type KeyPairSigner } from '@solana/kit';
import { beforeAll, expect, test } from 'vitest';
import {
    ACCOUNTS,
    ANY_PRICE_BUY,
    ANY_PRICE_SELL,
    type Authority,
    bracket,
    executeOrder,
    ladder,
    type Market,
    nextPriceOrder,
    type Orders,
    oneCancelsOther,
    openOrders,
    ordersAddress,
    parsePrice,
    placeOrders,
    planFresh,
    readAccount,
    sendPlan,
    slicedOrder,
    stopLoss,
    takeProfit,
    trailingStop,
} from '../src/index.js';
import { requestLamports } from '../src/local/index.js';
import {
    account,
    addresses,
    eventOf,
    events,
    local,
    market,
    newTrader,
    prices,
    refusalOf,
    rpc,
    SOL,
    send,
    sendFresh,
    until,
} from './world.js';

let wallet: KeyPairSigner;
let authority: Authority;
let sol: Account<Market>;

const at = (text: string) => parsePrice(text, sol.data.state);
const of = async () => ({
    owner: wallet.address,
    marginAccount: authority.marginAccount,
    account: (await account(authority)).state,
});
const resting = async () => {
    const { state } = (await readAccount(rpc, ACCOUNTS.orders, await ordersAddress(authority.marginAccount)))
        .data as Orders;
    return state.orders.flatMap((order, place) => (order.slices > 0 ? [{ place, order }] : []));
};
const place = async (cancel: number[], orders: Parameters<typeof placeOrders>[5]) =>
    send(wallet, [await placeOrders(addresses, wallet, await of(), { market: 0 }, cancel, orders)]);

beforeAll(async () => {
    ({ wallet, authority } = await newTrader(20_000n));
    sol = await market(0);
    events(await send(wallet, [await openOrders(authority, wallet)]));
});

test('orders of every kind are placed and cancelled together', async () => {
    const steps = ['130', '125', '120'].map((price) => ({ size: 2n * SOL, price: at(price) }));
    const slices = slicedOrder({ size: SOL, slices: 3, acceptablePrice: ANY_PRICE_BUY, activeFrom: 4_000_000_000n });
    const placed = await place([], [...ladder(steps), slices]);
    expect(eventOf(placed, 'OrdersPlaced')).toMatchObject({ owner: wallet.address });
    const orders = await resting();
    expect(orders.map(({ order }) => order.triggerPrice)).toEqual([...steps.map(({ price }) => price), 0n]);
    // 40 000 lamports for a fill.
    expect(orders.map(({ order }) => order.lamports)).toEqual([40_000n, 40_000n, 40_000n, 120_000n]);
    events(
        await place(
            orders.map((order) => order.place),
            [],
        ),
    );
    expect(await resting()).toEqual([]);
});

test('an entry at the next price fills at a price that nobody knew, and wakes its stop and target', async () => {
    const entry = nextPriceOrder({ size: 10n * SOL, acceptablePrice: at('150') });
    const stop = stopLoss({ size: -10n * SOL, triggerPrice: at('120'), acceptablePrice: ANY_PRICE_SELL });
    const target = takeProfit({ size: -10n * SOL, triggerPrice: at('160'), acceptablePrice: at('155') });
    const orders = bracket(entry, [stop, target], 1);
    // An order by time that is due is armed at once, for which its market needs a fresh price.
    const placed = await sendFresh(wallet, [sol], async ([price]) => [
        await placeOrders(addresses, wallet, await of(), price ?? { market: 0 }, [], orders),
    ]);
    expect(eventOf(placed, 'OrdersPlaced').owner).toBe(wallet.address);
    const [armed] = await resting();
    const fillsFrom = armed?.order.fillsFrom ?? 0n;
    expect(fillsFrom).toBeGreaterThan(0n);

    const keeper = await generateKeyPairSigner();
    await requestLamports(local.rpc_url, keeper.address);
    const outcome = await until('the reading of that second', async () => {
        const plan = await planFresh(rpc, prices, {
            at: fillsFrom,
            payer: keeper,
            markets: [sol],
            use: async ([price]) => [
                await executeOrder(addresses, keeper, await of(), {
                    market: 0,
                    oracle: price?.oracle ?? sol.data.oracle.account,
                    slot: armed?.place ?? 0,
                }),
            ],
        }).catch(() => undefined);
        return plan === undefined ? undefined : (await sendPlan(rpc, plan)).outcome;
    });
    const { fill } = eventOf(outcome, 'OrderExecuted');
    expect(fill).toMatchObject({ __option: 'Some', value: { sizeAfter: 10n * SOL } });
    const awake = await resting();
    expect(awake.map(({ order }) => [order.size, order.group])).toEqual([
        [-10n * SOL, 1],
        [-10n * SOL, 1],
    ]);
});

test('exits are replaced in one transaction, one cancelling the other', async () => {
    const old = (await resting()).map((order) => order.place);
    const trailing = trailingStop({ size: -10n * SOL, trailing: 50_000, acceptablePrice: ANY_PRICE_SELL });
    const target = takeProfit({ size: -10n * SOL, triggerPrice: at('170'), acceptablePrice: at('165') });
    events(await place(old, oneCancelsOther(2, [trailing, target])));
    expect((await resting()).map(({ order }) => [order.trailing, order.group])).toEqual([
        [50_000, 2],
        [0, 2],
    ]);
});

test('what breaks a rule is refused with its remedy', async () => {
    const unpaid = { ...nextPriceOrder({ size: SOL, acceptablePrice: at('150') }), lamports: 1n };
    const refusal = refusalOf(await place([], [unpaid]));
    expect(refusal.explanation?.name).toBe('OrderTipTooSmall');
    expect(refusal.message).toContain(refusal.explanation?.remedy);
    expect(refusal.class).toBe('Refused');
});
