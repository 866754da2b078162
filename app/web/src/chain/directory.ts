// Which accounts make up the exchange, found once at start.
import {
    AccountError,
    addressesOfExchange,
    type ExchangeAddresses,
    type Market,
    readExchange,
    readMarkets,
    snapshotAddresses,
    unpadded,
} from '@perp-swap/client';
import type { Account, Address } from '@solana/kit';
import type { Scale } from '../format/units';
import { type Deployment, DeploymentError } from './deployment';
import type { Node } from './node';

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
    /** Everything that the page keeps up to date, whoever looks at it. */
    watched: Address[];
}

function entry({ address, data }: Account<Market>): MarketEntry {
    const symbol = unpadded(data.symbol);
    return {
        index: data.state.index,
        symbol,
        base: symbol.split('-')[0]!,
        address,
        oracle: data.oracle.account,
        scale: { baseDecimals: data.state.baseDecimals, quoteDecimals: data.state.quoteDecimals },
    };
}

/**
 * Reads the exchange and its markets and watches them from then on.
 *
 * @throws DeploymentError where the address is not an exchange's.
 */
export async function openDirectory({ rpc, store }: Node, deployment: Deployment): Promise<Directory> {
    try {
        const exchange = await readExchange(rpc, deployment.exchange);
        const markets = await readMarkets(rpc, exchange);
        const addresses = addressesOfExchange(exchange);
        const watched = [addresses.vault, ...(await snapshotAddresses(exchange, markets))];
        await store.watch(watched);
        return { ...addresses, quoteDecimals: exchange.data.quoteDecimals, markets: markets.map(entry), watched };
    } catch (error) {
        if (!(error instanceof AccountError)) throw error;
        throw new DeploymentError(`deployment.json and ${deployment.rpcUrl} do not agree: ${error.message}`);
    }
}
