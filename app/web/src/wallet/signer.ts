// The connected wallet as a signer of transactions: it signs, and the page sends, so that the page can follow them.
import {
    type Address,
    getTransactionDecoder,
    getTransactionEncoder,
    type TransactionModifyingSigner,
} from '@solana/kit';
import type { WalletAccount } from '@wallet-standard/base';
import type { UsableWallet } from './store';

export function walletSigner(wallet: UsableWallet, account: WalletAccount): TransactionModifyingSigner {
    const { signTransaction } = wallet.features['solana:signTransaction'];
    return {
        address: account.address as Address,
        modifyAndSignTransactions: async (transactions) => {
            const outputs = await signTransaction(
                ...transactions.map((transaction) => ({
                    account,
                    transaction: getTransactionEncoder().encode(transaction) as Uint8Array,
                })),
            );
            return outputs.map(({ signedTransaction }, at) => ({
                ...transactions[at]!,
                ...getTransactionDecoder().decode(signedTransaction),
            })) as never;
        },
    };
}
