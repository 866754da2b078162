// Which accounts make up the exchange, found once at start.

import type { Market } from '@perp-swap/client';
import { type ExchangeAddresses, marketAddress, unpadded } from '@perp-swap/client';
import type { Address } from '@solana/kit';
import type { Scale } from '../format/units';
import { CLOCK, readExchange, readMarket } from './decoded';
import { type Deployment, DeploymentError } from './deployment';
import type { AccountFeed } from './feed';
import { chainStore } from './store';

export interface MarketEntry {
    index: number;
    symbol: string;
    /** The asset's name: the symbol without what follows a dash. */
    base: string;
    address: Address;
    oracle: Address;
    scale: Scale;
}

export interface Directory extends ExchangeAddresses {
    quoteDecimals: number;
    markets: MarketEntry[];
}

function entry(address: Address, market: Market): MarketEntry {
    const symbol = unpadded(market.symbol);
    return {
        index: market.state.index,
        symbol,
        base: symbol.split('-')[0]!,
        address,
        oracle: market.oracle.account,
        scale: { baseDecimals: market.state.baseDecimals, quoteDecimals: market.state.quoteDecimals },
    };
}

/**
 * Reads the exchange and its markets and watches them from then on.
 *
 * @throws DeploymentError where the address is not an exchange's.
 */
export async function openDirectory(feed: AccountFeed, deployment: Deployment): Promise<Directory> {
    const [account] = await feed.fetch([deployment.exchange, CLOCK]);
    const exchange = readExchange(account);
    if (!exchange) {
        throw new DeploymentError(
            `deployment.json: at ${deployment.exchange} there is no exchange of this program on ${deployment.rpcUrl}`,
        );
    }
    const { pool, vault, shareMint, shareEscrow, quoteMint, tokenProgram } = exchange;
    const named = { exchange: deployment.exchange, pool, vault, shareMint, shareEscrow, quoteMint, tokenProgram };
    const indices = Array.from({ length: exchange.marketCount }, (_, index) => index);
    const addresses = await Promise.all(indices.map((index) => marketAddress(named, index)));
    await feed.fetch([pool, ...addresses]);
    const { accounts } = chainStore.getState();
    const markets = addresses.flatMap((address) => {
        const market = readMarket(accounts.get(address));
        return market ? [entry(address, market)] : [];
    });
    feed.watch([CLOCK, deployment.exchange, pool, vault, ...addresses, ...markets.map(({ oracle }) => oracle)]);
    return { ...named, quoteDecimals: exchange.quoteDecimals, markets };
}
