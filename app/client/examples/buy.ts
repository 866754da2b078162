// Opens a position within a bound, as docs/integrators.md shows it.
import {
    ACCOUNTS,
    marginAccountAddress,
    parsePrice,
    parseSignedSize,
    readAccount,
    readSnapshot,
    sendTransaction,
    trade,
} from '@perp-swap/client';
import { type Address, createSolanaRpc, type TransactionSigner } from '@solana/kit';

// docs/integrators.md
/** Buys so much in a market, at no worse an average price than `worst`; both are decimals, such as "1.5" and "140.25". */
export async function buy(
    url: string,
    exchange: Address,
    signer: TransactionSigner,
    index: number,
    size: string,
    worst: string,
) {
    const rpc = createSolanaRpc(url);
    const { addresses, markets } = await readSnapshot(rpc, exchange);
    const market = markets[index];
    if (market === undefined) {
        throw new Error(`there is no market ${index}`);
    }
    const { state, oracle } = market.data;
    const marginAccount = await marginAccountAddress(addresses, signer.address, 0);
    const account = await readAccount(rpc, ACCOUNTS.marginAccount, marginAccount);
    const order = {
        size: parseSignedSize(size, state),
        acceptablePrice: parsePrice(worst, state),
        reduceOnly: false,
    };
    const target = { market: index, oracle: oracle.account };
    const instruction = await trade(addresses, { signer, marginAccount }, account.data.state, target, order);
    const outcome = await sendTransaction(rpc, { payer: signer, instructions: [instruction] });
    if (outcome.step === 'refused') {
        throw new Error(outcome.refusal.message);
    }
    return outcome;
}
// end
