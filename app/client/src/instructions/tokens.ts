import {
    AccountRole,
    type AccountSignerMeta,
    type Address,
    type Instruction,
    type TransactionSigner,
} from '@solana/kit';
import {
    ASSOCIATED_TOKEN_PROGRAM,
    associatedTokenAddress,
    type ExchangeAddresses,
    SYSTEM_PROGRAM,
} from '../addresses.js';
import { readOnly, writable } from './common.js';

const CREATE_IDEMPOTENT = 1;

async function createAssociated(
    payer: TransactionSigner,
    owner: Address,
    mint: Address,
    tokenProgram: Address,
): Promise<Instruction> {
    const pays: AccountSignerMeta = { address: payer.address, role: AccountRole.WRITABLE_SIGNER, signer: payer };
    const account = await associatedTokenAddress(owner, mint, tokenProgram);
    return {
        programAddress: ASSOCIATED_TOKEN_PROGRAM,
        accounts: [pays, writable(account), ...[owner, mint, SYSTEM_PROGRAM, tokenProgram].map(readOnly)],
        data: Uint8Array.of(CREATE_IDEMPOTENT),
    };
}

/** Makes the owner's associated account for the quote token where there is none. */
export function createTokenAccount(
    { quoteMint, tokenProgram }: ExchangeAddresses,
    payer: TransactionSigner,
    owner: Address,
): Promise<Instruction> {
    return createAssociated(payer, owner, quoteMint, tokenProgram);
}

/** Makes the owner's associated account for liquidity shares where there is none. */
export function createShareAccount(
    { shareMint, tokenProgram }: ExchangeAddresses,
    payer: TransactionSigner,
    owner: Address,
): Promise<Instruction> {
    return createAssociated(payer, owner, shareMint, tokenProgram);
}
