// Opens an account with a first deposit, buys with a bound at a price that comes along, closes, and withdraws everything.
import {
    ACCOUNTS,
    ANY_PRICE_SELL,
    deposit,
    formatPrice,
    formatSize,
    type Market,
    marginAccountAddress,
    openAccount,
    parseAtoms,
    parsePrice,
    parseSignedSize,
    planFresh,
    priceServer,
    readAccount,
    sendPlan,
    sendTransaction,
    tokensOf,
    trade,
    withdraw,
} from '@perp-swap/client';
import type { Account } from '@solana/kit';
import { addresses, confirmed, local, newWallet, rpc, snapshot, usdc } from './local.js';

const amount = parseAtoms('1000', snapshot.exchange.data.quoteDecimals);
const wallet = await newWallet(amount);
const source = await tokensOf(addresses, wallet.address);
const marginAccount = await marginAccountAddress(addresses, wallet.address, 0);
const authority = { signer: wallet, marginAccount };
const state = async () => (await readAccount(rpc, ACCOUNTS.marginAccount, marginAccount)).data.state;

const opening = [await openAccount(addresses, wallet, wallet, 0), deposit(addresses, authority, source, amount)];
confirmed(
    await sendTransaction(
        rpc,
        { payer: wallet, instructions: opening },
        { onProgress: ({ step }) => console.log(`deposit: ${step}`) },
    ),
);

const [sol] = snapshot.markets as [Account<Market>];
const prices = priceServer(local.prices_url);

async function order(size: bigint, acceptablePrice: bigint, reduceOnly: boolean) {
    const account = await state();
    const plan = await planFresh(rpc, prices, {
        payer: wallet,
        markets: [sol],
        use: async ([price]) => [
            await trade(addresses, authority, account, price ?? { market: 0 }, { size, acceptablePrice, reduceOnly }),
        ],
    });
    const { outcome } = await sendPlan(rpc, plan);
    for (const event of confirmed(outcome).events.seen) {
        if (event.name === 'Traded') {
            const { sizeAfter, fee, state } = event.data;
            const price = formatPrice(state.indexPrice, sol.data.state);
            console.log(`at an index of ${price}: position ${formatSize(sizeAfter, sol.data.state)}, fee ${usdc(fee)}`);
        }
    }
}

const size = parseSignedSize('2.5', sol.data.state);
await order(size, parsePrice('145', sol.data.state), false);
// In the slot of an increase nothing may be reduced.
await new Promise((resolve) => setTimeout(resolve, 1_000));
await order(parseSignedSize('-2.5', sol.data.state), ANY_PRICE_SELL, true);

const left = await state();
const instructions = [await withdraw(addresses, authority, left, source, left.balance)];
confirmed(await sendTransaction(rpc, { payer: wallet, instructions }));
console.log(`withdrawn: ${usdc(left.balance)}`);
