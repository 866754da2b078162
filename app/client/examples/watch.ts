// Prices and open interest of every market, as they change, for ten seconds.
import { formatPrice, formatSize, unpadded, watchExchange } from '@perp-swap/client';
import { local, rpc, subscriptions } from './local.js';

const watch = await watchExchange(rpc, subscriptions, local.exchange);
watch.onChange(({ snapshot, connection }) => {
    if (connection.trouble !== undefined) {
        console.log(`not heard of the node: ${connection.trouble}`);
    }
    const { clock, markets } = snapshot;
    for (const { data } of markets) {
        const { price, ledger } = data.state;
        const age = `published at ${price.published}, the chain's clock says ${clock.unixTimestamp}`;
        const size = ledger.sides[0]?.openInterest ?? 0n;
        console.log(
            `${unpadded(data.symbol)} ${formatPrice(price.price, data.state)}, long ${formatSize(size, data.state)}, ${age}`,
        );
    }
});
await new Promise((resolve) => setTimeout(resolve, 10_000));
watch.close();
