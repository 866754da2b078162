// What a reader can wish for, as instructions, and what the chain's events say came of it.

import type { OrderTerms, PriceLimit } from '@perp-swap/client';
import {
    closeAccount,
    closeOrders,
    createShareAccount,
    createTokenAccount,
    deposit,
    type ExchangeEvent,
    marginAccountAddress,
    type Order,
    openAccount,
    openOrders,
    placeOrders,
    redeemClaim,
    requestLiquidityDeposit,
    requestLiquidityWithdrawal,
    settleFunding,
    settlePnl,
    sharesOf,
    tokensOf,
    trade,
    transferMargin,
    waiveClaim,
    withdraw,
} from '@perp-swap/client';
import type { Address } from '@solana/kit';
import type { OwnedAccount } from '../accounts/owned';
import type { Directory, MarketEntry } from '../chain/directory';
import { formatMoment } from '../format/time';
import {
    formatAverage,
    formatExact,
    formatMoney,
    formatPrice,
    formatSize,
    magnitude,
    type Scale,
} from '../format/units';
import type { Wish } from './send';
import type { Teller } from './store';

type Named<N extends ExchangeEvent['name']> = Extract<ExchangeEvent, { name: N }>['data'];

/** Makes a teller of one event; where the node did not tell it, the confirmation still counts. */
function tells<N extends ExchangeEvent['name']>(name: N, say: (event: Named<N>) => string): Teller {
    return ({ events }) => {
        const event = events.seen.find((seen) => seen.name === name);
        return event ? say(event.data as Named<N>) : 'Confirmed. The node did not tell the details.';
    };
}

function tellTrade(scale: Scale, base: string): Teller {
    const { quoteDecimals } = scale;
    return tells('Traded', (event) => {
        const verb = event.size > 0n ? 'Bought' : 'Sold';
        const realized =
            event.realized === 0n ? '' : ` Realized ${formatMoney(event.realized, quoteDecimals, { plus: true })}.`;
        return (
            `${verb} ${formatSize(magnitude(event.size), scale)} ${base} at ${formatAverage(event.notional, event.size, scale)} on average ` +
            `(index ${formatPrice(event.state.indexPrice, scale)}, spread ${formatExact(event.spread, quoteDecimals, { places: 4 })}, ` +
            `impact ${formatExact(event.impact, quoteDecimals, { places: 4 })}), fee ${formatMoney(event.fee, quoteDecimals, { places: 4 })}.${realized}`
        );
    });
}

function tellDeposit(quoteDecimals: number): Teller {
    return tells('Deposited', ({ amount, balanceAfter }) => {
        return `Deposited ${formatMoney(amount, quoteDecimals)}. Balance ${formatMoney(balanceAfter, quoteDecimals)}.`;
    });
}

/** Puts tokens into an account, which is opened before where it does not exist yet. */
export function depositWish(
    directory: Directory,
    to: { account: OwnedAccount | null; subAccount: number; isolatedMarket?: number },
    amount: bigint,
): Wish {
    return {
        title: `Deposit ${formatMoney(amount, directory.quoteDecimals)}`,
        build: async (signer) => {
            const marginAccount = await marginAccountAddress(directory, signer.address, to.subAccount);
            const source = await tokensOf(directory, signer.address);
            const opening = to.account
                ? []
                : [await openAccount(directory, signer, signer, to.subAccount, to.isolatedMarket)];
            return [...opening, deposit(directory, { signer, marginAccount }, source, amount)];
        },
        tell: tellDeposit(directory.quoteDecimals),
    };
}

export function withdrawWish(directory: Directory, account: OwnedAccount, amount: bigint): Wish {
    const { quoteDecimals } = directory;
    return {
        title: `Withdraw ${formatMoney(amount, quoteDecimals)}`,
        build: async (signer) => [
            await createTokenAccount(directory, signer, signer.address),
            await withdraw(
                directory,
                { signer, marginAccount: account.address },
                account.data.state,
                await tokensOf(directory, signer.address),
                amount,
            ),
        ],
        tell: tells('Withdrawn', ({ amount: out, balanceAfter }) => {
            return `Withdrew ${formatMoney(out, quoteDecimals)}. Balance ${formatMoney(balanceAfter, quoteDecimals)}.`;
        }),
    };
}

/** Moves margin to another account of the owner's, which is opened before where it does not exist yet. */
export function moveWish(
    directory: Directory,
    from: OwnedAccount,
    to: { address: Address | null; subAccount: number; isolatedMarket?: number },
    amount: bigint,
): Wish {
    return {
        title: `Move ${formatMoney(amount, directory.quoteDecimals)} to account ${to.subAccount}`,
        build: async (signer) => {
            const target = await marginAccountAddress(directory, signer.address, to.subAccount);
            const opening = to.address
                ? []
                : [await openAccount(directory, signer, signer, to.subAccount, to.isolatedMarket)];
            const moving = await transferMargin(
                directory,
                { signer, marginAccount: from.address },
                from.data.state,
                target,
                amount,
            );
            return [...opening, ...moving];
        },
        tell: tellDeposit(directory.quoteDecimals),
    };
}

/** Orders of the account that are placed with a trade, or by themselves. */
export interface Placement {
    cancel: readonly number[];
    orders: readonly OrderTerms[];
}

/** A market order, with the orders that shall protect it in the same transaction. */
export function tradeWish(
    directory: Directory,
    market: MarketEntry,
    account: OwnedAccount,
    order: Order,
    protection: readonly OrderTerms[] = [],
): Wish {
    const verb = order.size > 0n ? 'Buy' : 'Sell';
    return {
        title: `${verb} ${formatSize(magnitude(order.size), market.scale)} ${market.base}`,
        build: async (signer) => {
            const target = { market: market.index, oracle: market.oracle };
            const authority = { signer, marginAccount: account.address };
            const trading = await trade(directory, authority, account.data.state, target, order);
            if (protection.length === 0) return [trading];
            const of = { owner: account.data.owner, marginAccount: account.address, account: account.data.state };
            const opening = account.data.state.ordersOpen ? [] : [await openOrders(authority, signer)];
            return [...opening, trading, await placeOrders(directory, signer, of, target, [], protection)];
        },
        tell: tellTrade(market.scale, market.base),
    };
}

/** Places orders and cancels others; their account is opened before where it is not yet. */
export function placeWish(
    directory: Directory,
    market: MarketEntry,
    account: OwnedAccount,
    { cancel, orders }: Placement,
    title: string,
): Wish {
    return {
        title,
        build: async (signer) => {
            const authority = { signer, marginAccount: account.address };
            const of = { owner: account.data.owner, marginAccount: account.address, account: account.data.state };
            const opening = account.data.state.ordersOpen ? [] : [await openOrders(authority, signer)];
            const target = { market: market.index, oracle: market.oracle };
            return [...opening, await placeOrders(directory, signer, of, target, cancel, orders)];
        },
        tell: tells('OrdersPlaced', ({ placed, removed }) => {
            const count = (bits: number) => bits.toString(2).replaceAll('0', '').length;
            const parts = [
                count(placed) > 0 ? `${count(placed)} placed` : '',
                count(removed) > 0 ? `${count(removed)} cancelled` : '',
            ];
            return `Orders: ${parts.filter((part) => part !== '').join(', ')}.`;
        }),
    };
}

export function settleWish(directory: Directory, market: MarketEntry, account: OwnedAccount): Wish {
    const { quoteDecimals } = directory;
    return {
        title: `Turn profit in ${market.symbol} into cash`,
        build: async () => [
            await settlePnl(directory, account.address, { market: market.index, oracle: market.oracle }),
        ],
        tell: tells('ProfitSettled', ({ profit, funding, balanceAfter }) => {
            const paid = formatMoney(profit, quoteDecimals, { plus: true });
            const accrued = formatMoney(funding, quoteDecimals, { plus: true });
            return `Settled ${paid} and funding of ${accrued}. Balance ${formatMoney(balanceAfter, quoteDecimals)}.`;
        }),
    };
}

export function settleFundingWish(directory: Directory, market: MarketEntry, account: OwnedAccount): Wish {
    return {
        title: `Settle funding in ${market.symbol}`,
        build: async () => [await settleFunding(directory, account.address, market.index)],
        tell: () => 'Funding is settled.',
    };
}

export function redeemWish(directory: Directory, market: MarketEntry, account: OwnedAccount): Wish {
    const { quoteDecimals } = directory;
    return {
        title: `Redeem the claim on ${market.symbol}`,
        build: async () => [await redeemClaim(directory, account.address, market.index)],
        tell: tells('ClaimRedeemed', ({ redeemed, left }) => {
            return `Redeemed ${formatMoney(redeemed, quoteDecimals)}; ${formatMoney(left, quoteDecimals)} is left to be paid.`;
        }),
    };
}

export function waiveWish(directory: Directory, market: MarketEntry, account: OwnedAccount): Wish {
    return {
        title: `Give up the claim on ${market.symbol}`,
        build: async (signer) => [
            await waiveClaim(directory, { signer, marginAccount: account.address }, market.index),
        ],
        tell: () => 'The claim is given up.',
    };
}

/** Closes an empty account; its rent comes back. */
export function closeWish(account: OwnedAccount): Wish {
    return {
        title: `Close account ${account.data.subAccount}`,
        build: async (signer) => {
            const authority = { signer, marginAccount: account.address };
            const orders = account.data.state.ordersOpen ? [await closeOrders(authority)] : [];
            return [...orders, closeAccount(authority)];
        },
        tell: () => 'The account is closed; its rent came back.',
    };
}

function tellRequest(): Teller {
    return tells('LiquidityRequested', ({ belongsFrom }) => {
        return `Requested. It is served at the first boundary from ${formatMoment(belongsFrom)} on, and cannot be called back.`;
    });
}

/** A number that no open request of the owner's has: the moment it was made. */
const newNonce = () => BigInt(Date.now());

export function enterPoolWish(directory: Directory, amount: bigint, limit: PriceLimit): Wish {
    return {
        title: `Put ${formatMoney(amount, directory.quoteDecimals)} into the pool`,
        build: async (signer) => [
            await createShareAccount(directory, signer, signer.address),
            await requestLiquidityDeposit(directory, signer, await tokensOf(directory, signer.address), {
                nonce: newNonce(),
                amount,
                limit,
            }),
        ],
        tell: tellRequest(),
    };
}

export function leavePoolWish(directory: Directory, shares: bigint, limit: PriceLimit): Wish {
    return {
        title: 'Take shares out of the pool',
        build: async (signer) => [
            await createTokenAccount(directory, signer, signer.address),
            await requestLiquidityWithdrawal(directory, signer, await sharesOf(directory, signer.address), {
                nonce: newNonce(),
                amount: shares,
                limit,
            }),
        ],
        tell: tellRequest(),
    };
}
