// What anybody may ask; `ask` of the transactions reads the answer.
import type { Address, Instruction } from '@solana/kit';
import { type ExchangeAddresses, marketAddress } from '../addresses.js';
import {
    getAttestSolvencyInstruction,
    getViewFundingInstruction,
    getViewHealthInstruction,
    getViewLiquidationPriceInstruction,
    getViewMarketInstruction,
    getViewPositionInstruction,
    getViewTradeInstruction,
} from '../generated/instructions/index.js';
import type { MarginAccountState } from '../generated/types/index.js';
import { readOnly, type TargetMarket, withAccounts, withMarkets } from './common.js';
import type { Order } from './position.js';

/** How a margin account stands: answers a `HealthView`. `account` is its state. */
export async function viewHealth(
    addresses: ExchangeAddresses,
    marginAccount: Address,
    account: MarginAccountState,
): Promise<Instruction> {
    const instruction = getViewHealthInstruction({ exchange: addresses.exchange, marginAccount });
    return withMarkets(addresses, instruction, account);
}

/** What one position comes to: answers a `PositionView`. */
export async function viewPosition(
    addresses: ExchangeAddresses,
    marginAccount: Address,
    account: MarginAccountState,
    target: TargetMarket,
): Promise<Instruction> {
    const instruction = getViewPositionInstruction({ marginAccount, ...(await at(addresses, target)) });
    return withMarkets(addresses, instruction, account, target.market);
}

/** The price of a market at which the account becomes liquidatable: answers a `LiquidationPriceView`. */
export async function viewLiquidationPrice(
    addresses: ExchangeAddresses,
    marginAccount: Address,
    account: MarginAccountState,
    target: TargetMarket,
): Promise<Instruction> {
    const instruction = getViewLiquidationPriceInstruction({ marginAccount, ...(await at(addresses, target)) });
    return withMarkets(addresses, instruction, account, target.market);
}

/** What a market order would do: answers a `TradeView`, or is refused as the order would be. */
export async function viewTrade(
    addresses: ExchangeAddresses,
    marginAccount: Address,
    account: MarginAccountState,
    target: TargetMarket,
    order: Order,
): Promise<Instruction> {
    const instruction = getViewTradeInstruction({ marginAccount, ...(await at(addresses, target)), ...order });
    return withMarkets(addresses, instruction, account, target.market);
}

/** Where a market's funding is heading in so many seconds, a week at most: answers a `FundingView`. */
export async function viewFunding(
    addresses: ExchangeAddresses,
    target: TargetMarket,
    seconds: number,
): Promise<Instruction> {
    return getViewFundingInstruction({ ...(await at(addresses, target)), seconds });
}

/** What a market has and owes: answers a `MarketView`. */
export async function viewMarket(addresses: ExchangeAddresses, target: TargetMarket): Promise<Instruction> {
    return getViewMarketInstruction(await at(addresses, target));
}

/** What the exchange with so many markets has and owes as a whole, told by an event: answers a `SolvencyView`. */
export async function attestSolvency(addresses: ExchangeAddresses, marketCount: number): Promise<Instruction> {
    const { exchange, pool, vault } = addresses;
    const markets = Array.from({ length: marketCount }, (_, index) => marketAddress(addresses, index));
    return withAccounts(getAttestSolvencyInstruction({ exchange, pool, vault }), (await Promise.all(markets)).map(readOnly));
}

async function at(addresses: ExchangeAddresses, { market, oracle }: TargetMarket) {
    return { exchange: addresses.exchange, market: await marketAddress(addresses, market), oracle };
}
