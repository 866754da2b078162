// Sending transactions with Kit.
import {
    appendTransactionMessageInstructions,
    createSolanaRpc,
    createTransactionMessage,
    getAddressEncoder,
    getBase64EncodedWireTransaction,
    getProgramDerivedAddress,
    getSignatureFromTransaction,
    pipe,
    setTransactionMessageFeePayerSigner,
    setTransactionMessageLifetimeUsingBlockhash,
    signTransactionMessageWithSigners,
    type Address,
    type Instruction,
    type TransactionSigner,
} from '@solana/kit';
import { RPC_URL, until } from '../localnet';

export const rpc = createSolanaRpc(RPC_URL);

/** A transaction of one instruction, to be signed. */
export async function message(signer: TransactionSigner, instruction: Instruction) {
    const { value: blockhash } = await rpc.getLatestBlockhash().send();
    return pipe(
        createTransactionMessage({ version: 0 }),
        (empty) => setTransactionMessageFeePayerSigner(signer, empty),
        (paid) => setTransactionMessageLifetimeUsingBlockhash(blockhash, paid),
        (alive) => appendTransactionMessageInstructions([instruction], alive),
    );
}

/** Sends a transaction and waits until it is confirmed. What the program refuses, the simulation before throws. */
export async function send(unsigned: Awaited<ReturnType<typeof message>>): Promise<void> {
    const transaction = await signTransactionMessageWithSigners(unsigned);
    const wire = getBase64EncodedWireTransaction(transaction);
    await rpc.sendTransaction(wire, { encoding: 'base64', preflightCommitment: 'confirmed' }).send();
    const signature = getSignatureFromTransaction(transaction);
    await until(`transaction ${signature}`, async () => {
        const [status] = (await rpc.getSignatureStatuses([signature]).send()).value;
        if (status?.err) {
            throw new Error(`transaction ${signature} failed: ${JSON.stringify(status.err, String)}`);
        }
        return status?.confirmationStatus === 'processed' ? undefined : status;
    });
}

/** The address of the account that holds a wallet's tokens. */
export async function tokensOf(owner: Address, mint: Address, tokenProgram: Address): Promise<Address> {
    const programAddress = 'ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL' as Address;
    const seeds = [owner, tokenProgram, mint].map((seed) => getAddressEncoder().encode(seed));
    return (await getProgramDerivedAddress({ programAddress, seeds }))[0];
}
