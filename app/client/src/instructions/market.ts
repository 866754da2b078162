// Markets: what anybody may do for them.
import type { Address, Instruction, TransactionSigner } from '@solana/kit';
import { type ExchangeAddresses, marketAddress } from '../addresses.js';
import {
    getBeginSettlementInstruction,
    getFundClaimsInstruction,
    getFundInsuranceInstruction,
    getReportOracleOutageInstruction,
    getUpdateFundingInstruction,
    getUpdatePricesInstruction,
    getUpdateSecondPriceInstruction,
} from '../generated/instructions/index.js';
import { readOnly, type TargetMarket, withAccounts, writable } from './common.js';

/** A market and the account its price is taken from. */
export type PricedMarket = { readonly market: number; readonly oracle: Address };

/** Takes the prices of these markets' oracle accounts into their caches. */
export async function updatePrices(
    addresses: ExchangeAddresses,
    prices: readonly PricedMarket[],
): Promise<Instruction> {
    const pairs = prices.map(async ({ market, oracle }) => [
        writable(await marketAddress(addresses, market)),
        readOnly(oracle),
    ]);
    const instruction = getUpdatePricesInstruction({ exchange: addresses.exchange });
    return withAccounts(instruction, (await Promise.all(pairs)).flat());
}

/** Keeps what this price account of the market's second oracle says, where that is newer. */
export async function updateSecondPrice(
    addresses: ExchangeAddresses,
    market: number,
    secondOracle: Address,
): Promise<Instruction> {
    const { exchange } = addresses;
    return getUpdateSecondPriceInstruction({ exchange, market: await marketAddress(addresses, market), secondOracle });
}

/** Accrues the market's funding and carry up to now. */
export async function updateFunding(addresses: ExchangeAddresses, target: TargetMarket): Promise<Instruction> {
    return getUpdateFundingInstruction({
        exchange: addresses.exchange,
        market: await marketAddress(addresses, target.market),
        oracle: target.oracle,
    });
}

/** Notes that no valid price arrives. */
export async function reportOracleOutage(addresses: ExchangeAddresses, market: number): Promise<Instruction> {
    return getReportOracleOutageInstruction({ market: await marketAddress(addresses, market) });
}

/** Moves a market to settlement at its final price. */
export async function beginSettlement(addresses: ExchangeAddresses, market: number): Promise<Instruction> {
    const { exchange } = addresses;
    return getBeginSettlementInstruction({ exchange, market: await marketAddress(addresses, market) });
}

/** Sets backing aside for the market's claims. */
export async function fundClaims(addresses: ExchangeAddresses, market: number): Promise<Instruction> {
    const { exchange } = addresses;
    return getFundClaimsInstruction({ exchange, market: await marketAddress(addresses, market) });
}

/** Gives tokens to the insurance of `market`, or to the shared one where it is none. */
export async function fundInsurance(
    addresses: ExchangeAddresses,
    funder: TransactionSigner,
    source: Address,
    amount: bigint,
    market?: number,
): Promise<Instruction> {
    const { exchange, pool, vault, quoteMint, tokenProgram } = addresses;
    return getFundInsuranceInstruction({
        funder,
        exchange,
        pool,
        market: market === undefined ? undefined : await marketAddress(addresses, market),
        source,
        vault,
        quoteMint,
        tokenProgram,
        amount,
    });
}
