// Anchor's own TypeScript client trades: nothing is known of the program but its IDL.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { AnchorProvider, BN, Program, Wallet, web3 } from '@anchor-lang/core';
import { EXCHANGE_NAME, keypairBytes, RPC_URL, SOL, SOL_PERP, SOL_PRICE, until, USDC, WS_URL } from '../localnet';
import { PERP_SWAP, type PerpSwap } from './generated/perp_swap';

const SUB_ACCOUNT = 7;
const DEPOSIT = bn(5_000n * USDC);
const SIZE = bn(10n * SOL);
/** 1 % above the index. */
const ACCEPTABLE_PRICE = bn((SOL_PRICE * 101n) / 100n);

const bob = web3.Keypair.fromSecretKey(keypairBytes('bob'));
const connection = new web3.Connection(RPC_URL, { commitment: 'confirmed', wsEndpoint: WS_URL });
const provider = new AnchorProvider(connection, new Wallet(bob), { commitment: 'confirmed' });
const program = new Program<PerpSwap>(PERP_SWAP as PerpSwap, provider);

const creator = web3.Keypair.fromSecretKey(keypairBytes('admin')).publicKey;
const exchange = pda('exchange', creator.toBytes(), EXCHANGE_NAME);
const market = pda('market', exchange.toBytes(), u16(SOL_PERP));
const marginAccount = pda('account', exchange.toBytes(), bob.publicKey.toBytes(), u16(SUB_ACCOUNT));
let wallet: web3.PublicKey;
let oracle: web3.PublicKey;

function bn(value: bigint): BN {
    return new BN(value.toString());
}

function u16(value: number): Uint8Array {
    return new BN(value).toArrayLike(Buffer, 'le', 2);
}

function pda(seed: string, ...seeds: Uint8Array[]): web3.PublicKey {
    return web3.PublicKey.findProgramAddressSync([Buffer.from(seed), ...seeds], program.programId)[0];
}

async function walletBalance(): Promise<bigint> {
    return BigInt((await connection.getTokenAccountBalance(wallet)).value.amount);
}

/** The account's state, and its position in SOL-PERP. */
async function account() {
    const { state } = await program.account.marginAccount.fetch(marginAccount);
    return { balance: state.balance, position: state.positions.find((position) => position.occupied === 1) };
}

function order(size: BN, acceptablePrice: BN, reduceOnly: boolean) {
    return program.methods.trade(size, acceptablePrice, reduceOnly).accounts({ marginAccount, market, oracle });
}

/** The bytes of an order after the eight that name the instruction. */
async function encoded(size: BN, acceptablePrice: BN, reduceOnly: boolean): Promise<string> {
    const { data } = await order(size, acceptablePrice, reduceOnly).instruction();
    const { discriminator } = program.idl.instructions.find(({ name }) => name === 'trade')!;
    assert.deepEqual([...data.subarray(0, 8)], discriminator);
    return data.subarray(8).toString('hex');
}

before(async () => {
    const { quoteMint, tokenProgram } = await program.account.exchange.fetch(exchange);
    oracle = (await program.account.market.fetch(market)).oracle.account;
    const seeds = [bob.publicKey, tokenProgram, quoteMint].map((seed) => seed.toBytes());
    const associated = new web3.PublicKey('ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL');
    [wallet] = web3.PublicKey.findProgramAddressSync(seeds, associated);
});

test('an account is opened at the address that its seeds give', async () => {
    const opening = program.methods.openAccount(SUB_ACCOUNT, null).accounts({ payer: bob.publicKey, exchange });
    assert.deepEqual((await opening.pubkeys()).marginAccount, marginAccount);
    await opening.rpc();
    const data = await program.account.marginAccount.fetch(marginAccount);
    assert.deepEqual([data.exchange, data.owner, data.subAccount], [exchange, bob.publicKey, SUB_ACCOUNT]);
    assert.equal(data.state.balance.toString(), '0');
});

test('a deposit finds owner, exchange, vault, mint and token program by itself', async () => {
    const before = await walletBalance();
    await program.methods.deposit(DEPOSIT).accounts({ marginAccount, source: wallet }).rpc();
    assert.equal((await account()).balance.toString(), DEPOSIT.toString());
    assert.equal(await walletBalance(), before - 5_000n * USDC);
});

test('an order finds the exchange, a liquidation the accounts that carry its event', async () => {
    assert.deepEqual((await order(SIZE, ACCEPTABLE_PRICE, false).pubkeys()).exchange, exchange);
    const accounts = { liquidatorAccount: marginAccount, marginAccount, market, oracle };
    const found = await program.methods.liquidate(SIZE, new BN(0)).accounts(accounts).pubkeys();
    assert.deepEqual([found.exchange, found.eventAuthority], [exchange, pda('__event_authority')]);
    assert.deepEqual(found.program, program.programId);
});

test('a bound is encoded to the last bit', async () => {
    // The size as 8 bytes with the lowest first, the price likewise, and one byte for the flag.
    assert.equal(await encoded(new BN(1), new BN(2), false), '0100000000000000' + '0200000000000000' + '00');
    // 2^56 + 2^8 + 3, and −1: all bits set.
    const price = new BN(2).pow(new BN(56)).addn(259);
    assert.equal(await encoded(new BN(-1), price, true), 'ffffffffffffffff' + '0301000000000001' + '01');
    // The highest bound, 2^64 − 1, is how a buyer says that any price will do.
    const highest = new BN(2).pow(new BN(64)).subn(1);
    assert.equal(await encoded(new BN(1), highest, false), '0100000000000000' + 'ffffffffffffffff' + '00');
});

test('what is no number of 64 bits is not encoded at all', async () => {
    await assert.rejects(encoded(SIZE, new BN(2).pow(new BN(64)), false));
    for (const wrong of [null, 5, '5', 5n, {}, [new BN(5)]]) {
        await assert.rejects(encoded(SIZE, wrong as unknown as BN, false), `${wrong}`);
    }
});

test('an order whose acceptable price is below the index, or left out, is refused', async () => {
    await assert.rejects(order(SIZE, bn(SOL_PRICE - 1n), false).rpc(), /PriceBoundExceeded/);
    // What is left out Anchor encodes as zero, where the types do not forbid it.
    await assert.rejects(order(SIZE, undefined as unknown as BN, false).rpc(), /AcceptablePriceZero/);
    assert.equal((await account()).position, undefined);
});

test('an order is filled within its acceptable price', async () => {
    await order(SIZE, ACCEPTABLE_PRICE, false).rpc();
    const { balance, position } = await account();
    assert.equal(position?.size.toString(), SIZE.toString());
    // At the index 10 SOL cost $1 406.15937. The spread comes on top, which moves with the age of the price.
    assert.ok(position.entryNotional.gt(SIZE.mul(bn(SOL_PRICE))));
    assert.ok(position.entryNotional.lte(SIZE.mul(ACCEPTABLE_PRICE)));
    // The fee is 0.04 % of $1 406.15937 = $0.562463748, rounded up to the atom.
    assert.equal(balance.toString(), DEPOSIT.subn(562_464).toString());
});

test('a position is closed and everything withdrawn', async () => {
    const opened = (await account()).position;
    // In the slot of an increase nothing may be reduced.
    await until('the next slot', async () => {
        const slot = new BN(await connection.getSlot('confirmed'));
        return slot.gt(opened?.lastIncreaseSlot ?? new BN(0)) || undefined;
    });
    // A sale may fetch any price: 1 is the lowest.
    await order(SIZE.neg(), new BN(1), true).rpc();
    const { balance, position } = await account();
    assert.equal(position, undefined);

    const before = await walletBalance();
    await program.methods.withdraw(balance).accounts({ marginAccount, destination: wallet }).rpc();
    assert.equal(await walletBalance(), before + BigInt(balance.toString()));
    await program.methods.closeAccount().accounts({ marginAccount }).rpc();
    assert.equal(await connection.getAccountInfo(marginAccount), null);
});
