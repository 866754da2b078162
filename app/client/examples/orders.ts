// A ladder of limits, and an entry that carries its stop and target, placed and cancelled.
import {
    ACCOUNTS,
    ANY_PRICE_SELL,
    bracket,
    deposit,
    formatPrice,
    ladder,
    limitOrder,
    type Market,
    marginAccountAddress,
    openAccount,
    openOrders,
    ordersAddress,
    parseAtoms,
    parsePrice,
    parseSignedSize,
    placeOrders,
    readAccount,
    sendTransaction,
    stopLoss,
    takeProfit,
    tokensOf,
} from '@perp-swap/client';
import type { Account, Instruction } from '@solana/kit';
import { addresses, confirmed, newWallet, rpc, snapshot } from './local.js';

const amount = parseAtoms('2000', snapshot.exchange.data.quoteDecimals);
const wallet = await newWallet(amount);
const marginAccount = await marginAccountAddress(addresses, wallet.address, 0);
const authority = { signer: wallet, marginAccount };
const [sol] = snapshot.markets as [Account<Market>];
const price = (text: string) => parsePrice(text, sol.data.state);
const size = (text: string) => parseSignedSize(text, sol.data.state);
const send = async (instructions: Instruction[]) =>
    confirmed(await sendTransaction(rpc, { payer: wallet, instructions }));

await send([
    await openAccount(addresses, wallet, wallet, 0),
    deposit(addresses, authority, await tokensOf(addresses, wallet.address), amount),
    await openOrders(authority, wallet),
]);

const { state: account } = (await readAccount(rpc, ACCOUNTS.marginAccount, marginAccount)).data;
const of = { owner: wallet.address, marginAccount, account };
const entry = limitOrder({ size: size('3'), price: price('130') });
const stop = stopLoss({ size: size('-3'), triggerPrice: price('120'), acceptablePrice: ANY_PRICE_SELL });
const target = takeProfit({ size: size('-3'), triggerPrice: price('160'), acceptablePrice: price('158') });
const steps = ['125', '122', '119'].map((step) => ({ size: size('1'), price: price(step) }));
const orders = [...bracket(entry, [stop, target], 1), ...ladder(steps)];
await send([await placeOrders(addresses, wallet, of, { market: 0 }, [], orders)]);

const book = (await readAccount(rpc, ACCOUNTS.orders, await ordersAddress(marginAccount))).data.state.orders;
const places = book.flatMap(({ slices, triggerPrice }, place) => {
    if (slices > 0) {
        console.log(`place ${place}: at ${formatPrice(triggerPrice, sol.data.state)}`);
    }
    return slices > 0 ? [place] : [];
});

// What sleeps for an order goes with it.
const awake = places.filter((place) => place !== 1 && place !== 2);
const { events } = await send([await placeOrders(addresses, wallet, of, { market: 0 }, awake, [])]);
console.log(`cancelled: ${events.seen.map(({ name }) => name).join(', ')}`);
