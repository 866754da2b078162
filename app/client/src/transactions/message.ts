// Instructions put together to a transaction of version 0 that fits.
import {
    type Address,
    type AddressesByLookupTableAddress,
    appendTransactionMessageInstructions,
    type BlockhashLifetimeConstraint,
    compressTransactionMessageUsingAddressLookupTables,
    createTransactionMessage,
    fetchAddressesForLookupTables,
    type GetLatestBlockhashApi,
    type GetMultipleAccountsApi,
    getTransactionMessageSize,
    getTransactionMessageSizeLimit,
    type Instruction,
    pipe,
    type Rpc,
    setTransactionMessageComputeUnitLimit,
    setTransactionMessageComputeUnitPrice,
    setTransactionMessageFeePayerSigner,
    setTransactionMessageLifetimeUsingBlockhash,
    type TransactionSigner,
} from '@solana/kit';
import { unitLimit } from './budget.js';

/** What a transaction is made of. */
export type TransactionPlan = {
    readonly payer: TransactionSigner;
    readonly instructions: readonly Instruction[];
    /** Priority fee in millionths of a lamport per compute unit; zero or none for none. */
    readonly unitPrice?: bigint;
    /** Limit of compute units; that of the budgets where none is given. */
    readonly units?: number;
    /** Lookup tables to use where the transaction does not fit without. */
    readonly tables?: readonly Address[];
};

/** A transaction does not fit. */
export class TransactionTooLargeError extends Error {
    override readonly name = 'TransactionTooLargeError';

    constructor(
        readonly bytes: number,
        readonly limit: number,
    ) {
        super(
            `the transaction is too large (${bytes} bytes of ${limit}): put the prices into a transaction before it, ` +
                'name fewer accounts, or use a lookup table',
        );
    }
}

/** A transaction ready to be signed, with what it takes. */
export type BuiltTransaction = {
    readonly message: ReturnType<typeof compose>;
    readonly units: number;
    readonly bytes: number;
};

function compose(plan: TransactionPlan, lifetime: BlockhashLifetimeConstraint, units: number) {
    return pipe(
        createTransactionMessage({ version: 0 }),
        (empty) => setTransactionMessageFeePayerSigner(plan.payer, empty),
        (paid) => setTransactionMessageLifetimeUsingBlockhash(lifetime, paid),
        (alive) => setTransactionMessageComputeUnitLimit(units, alive),
        (limited) => (plan.unitPrice ? setTransactionMessageComputeUnitPrice(plan.unitPrice, limited) : limited),
        (budgeted) => appendTransactionMessageInstructions(plan.instructions, budgeted),
    );
}

/** The transaction of a plan under this blockhash. Throws `TransactionTooLargeError`. */
export function composeTransaction(
    plan: TransactionPlan,
    lifetime: BlockhashLifetimeConstraint,
    tables: AddressesByLookupTableAddress = {},
): BuiltTransaction {
    const units = plan.units ?? unitLimit(plan.instructions);
    const whole = compose(plan, lifetime, units);
    const limit = getTransactionMessageSizeLimit(whole);
    const fits = getTransactionMessageSize(whole) <= limit;
    const message = fits ? whole : (compressTransactionMessageUsingAddressLookupTables(whole, tables) as typeof whole);
    const bytes = getTransactionMessageSize(message);
    if (bytes > limit) {
        throw new TransactionTooLargeError(bytes, limit);
    }
    return { message, units, bytes };
}

/** The same under the newest blockhash, its tables read where they are needed. Throws `TransactionTooLargeError`. */
export async function buildTransaction(
    rpc: Rpc<GetLatestBlockhashApi & GetMultipleAccountsApi>,
    plan: TransactionPlan,
): Promise<BuiltTransaction> {
    const { value: lifetime } = await rpc.getLatestBlockhash({ commitment: 'confirmed' }).send();
    try {
        return composeTransaction(plan, lifetime);
    } catch (error) {
        if (!(error instanceof TransactionTooLargeError) || !plan.tables?.length) {
            throw error;
        }
        const tables = await fetchAddressesForLookupTables([...plan.tables], rpc);
        return composeTransaction(plan, lifetime, tables);
    }
}
