import { AccountRole, type Address, createNoopSigner, getBase16Decoder, type Instruction } from '@solana/kit';
import { expect, test } from 'vitest';
import {
    ACCOUNTS,
    type Authority,
    decodeAccount,
    deriveExchangeAddresses,
    type ExchangeAddresses,
    type MarginAccountState,
    type RestingOrder,
    type TargetMarket,
    TOKEN_PROGRAM,
} from '../src/index.js';
import * as build from '../src/instructions/index.js';
import { encoded, fromHex, type Vectors, vectors } from './interface.js';

const { keys, accounts, cases } = vectors('instructions.json');

const addresses: ExchangeAddresses = await deriveExchangeAddresses(keys.exchange, keys.quoteMint, TOKEN_PROGRAM);
const signer = createNoopSigner(keys.signer);
const payer = createNoopSigner(keys.payer);
const authority: Authority = { signer, marginAccount: keys.marginAccount };

const state = (name: string): MarginAccountState =>
    decodeAccount(ACCOUNTS.marginAccount, encoded(keys.marginAccount, fromHex(accounts[name]))).data.state;

/** What the test in Rust writes down for each builder. */
type Arguments = Vectors;

const target = ({ market, oracle }: Arguments): TargetMarket => ({ market, oracle: oracle ?? undefined });
const orderOf = ({ size, acceptablePrice, reduceOnly }: Arguments) => ({
    size: BigInt(size),
    acceptablePrice: BigInt(acceptablePrice),
    reduceOnly,
});
const liquidationOf = ({ maxSize, minBounty }: Arguments) => ({
    maxSize: BigInt(maxSize),
    minBounty: BigInt(minBounty),
});
const termsOf = (terms: Arguments) => ({
    ...terms,
    size: BigInt(terms.size),
    triggerPrice: BigInt(terms.triggerPrice),
    acceptablePrice: BigInt(terms.acceptablePrice),
    activeFrom: BigInt(terms.activeFrom),
    expires: BigInt(terms.expires),
    lamports: BigInt(terms.lamports),
});
const ordersOf = ({ account, armed = [] }: Arguments) => ({
    owner: keys.owner,
    marginAccount: keys.marginAccount,
    account: state(account),
    orders: armed.map((market: number) => ({ slices: 1, fillsFrom: 9n, reduceOnly: 0, market }) as RestingOrder),
});
const requestOf = ({ nonce, amount, limit }: Arguments) => ({ nonce: BigInt(nonce), amount: BigInt(amount), limit });
const paidOf = ({ request, record }: Arguments) =>
    [
        decodeAccount(ACCOUNTS.liquidityRequest, encoded(keys.other, fromHex(request))).data,
        decodeAccount(ACCOUNTS.epochRecord, encoded(keys.other, fromHex(record))).data,
    ] as const;

/** Each builder, called with what the test in Rust has called its namesake with. */
const builders: Record<string, (given: Arguments) => Instruction | Promise<Instruction>> = {
    openAccount: (given) =>
        build.openAccount(addresses, signer, payer, given.subAccount, given.isolatedMarket ?? undefined),
    closeAccount: () => build.closeAccount(authority),
    setDelegate: ({ delegate }) => build.setDelegate(authority, delegate),
    deposit: ({ amount }) => build.deposit(addresses, authority, keys.other, BigInt(amount)),
    withdraw: ({ account, amount }) => build.withdraw(addresses, authority, state(account), keys.other, BigInt(amount)),
    trade: (given) => build.trade(addresses, authority, state(given.account), target(given), orderOf(given)),
    settleFunding: ({ market }) => build.settleFunding(addresses, keys.other, market),
    settlePnl: (given) => build.settlePnl(addresses, keys.other, target(given), given.rewarded ?? undefined),
    redeemClaim: ({ market }) => build.redeemClaim(addresses, keys.other, market),
    waiveClaim: ({ market }) => build.waiveClaim(addresses, authority, market),
    liquidate: (given) =>
        build.liquidate(addresses, authority, keys.other, state(given.account), target(given), liquidationOf(given)),
    liquidateIfDue: (given) =>
        build.liquidateIfDue(
            addresses,
            authority,
            keys.other,
            state(given.account),
            target(given),
            liquidationOf(given),
        ),
    resolveBankruptcy: ({ account, market }) => build.resolveBankruptcy(addresses, keys.other, state(account), market),
    openOrders: () => build.openOrders(authority, payer),
    closeOrders: () => build.closeOrders(authority),
    placeOrders: (given) =>
        build.placeOrders(addresses, signer, ordersOf(given), target(given), given.cancel, given.orders.map(termsOf)),
    armOrder: (given) => build.armOrder(addresses, ordersOf(given), target(given), given.slot),
    armOrderIfDue: (given) => build.armOrderIfDue(addresses, ordersOf(given), target(given), given.slot),
    executeOrder: (given) => build.executeOrder(addresses, signer, ordersOf(given), given),
    executeOrderIfDue: (given) => build.executeOrderIfDue(addresses, signer, ordersOf(given), given),
    sweepOrder: ({ slot, ended }) =>
        build.sweepOrder(addresses, keys.owner, keys.marginAccount, slot, ended ?? undefined),
    updatePrices: ({ prices }) =>
        build.updatePrices(
            addresses,
            prices.map(([market, oracle]: [number, Address]) => ({ market, oracle })),
        ),
    updateSecondPrice: ({ market, oracle }) => build.updateSecondPrice(addresses, market, oracle),
    updateFunding: (given) => build.updateFunding(addresses, target(given)),
    reportOracleOutage: ({ market }) => build.reportOracleOutage(addresses, market),
    beginSettlement: ({ market }) => build.beginSettlement(addresses, market),
    fundClaims: ({ market }) => build.fundClaims(addresses, market),
    fundInsurance: ({ market, amount }) =>
        build.fundInsurance(addresses, signer, keys.tokens, BigInt(amount), market ?? undefined),
    closeEpoch: ({ boundary }) => build.closeEpoch(addresses, signer, BigInt(boundary)),
    valueMarket: (given) => build.valueMarket(addresses, signer, target(given)),
    allocateBacking: (given) => build.allocateBacking(addresses, target(given)),
    requestLiquidityDeposit: (given) => build.requestLiquidityDeposit(addresses, signer, keys.tokens, requestOf(given)),
    requestLiquidityWithdrawal: (given) =>
        build.requestLiquidityWithdrawal(addresses, signer, keys.tokens, requestOf(given)),
    payLiquidityRequest: (given) => build.payLiquidityRequest(addresses, signer, ...paidOf(given)),
    createDestination: (given) => build.createDestination(addresses, signer, ...paidOf(given)),
    createTokenAccount: () => build.createTokenAccount(addresses, signer, keys.owner),
    createShareAccount: () => build.createShareAccount(addresses, signer, keys.owner),
    viewHealth: ({ account }) => build.viewHealth(addresses, keys.marginAccount, state(account)),
    viewPosition: (given) =>
        build.viewPosition(addresses, keys.marginAccount, state(given.account), target(given)),
    viewLiquidationPrice: (given) =>
        build.viewLiquidationPrice(addresses, keys.marginAccount, state(given.account), target(given)),
    viewTrade: (given) =>
        build.viewTrade(addresses, keys.marginAccount, state(given.account), target(given), orderOf(given)),
    viewFunding: (given) => build.viewFunding(addresses, target(given), given.seconds),
    viewMarket: (given) => build.viewMarket(addresses, target(given)),
    attestSolvency: ({ marketCount }) => build.attestSolvency(addresses, marketCount),
};

/** Address, whether it signs, whether it is written. */
function spelled({ programAddress, accounts = [], data = new Uint8Array() }: Instruction) {
    return {
        program: programAddress,
        accounts: accounts.map(({ address, role }) => [
            address,
            role >= AccountRole.READONLY_SIGNER ? 1 : 0,
            role === AccountRole.WRITABLE || role === AccountRole.WRITABLE_SIGNER ? 1 : 0,
        ]),
        data: getBase16Decoder().decode(data),
    };
}

test.each(cases as Vectors[])('$name $arguments is built as the client in Rust builds it', async (expected) => {
    const built = await builders[expected.name]?.(expected.arguments);
    const { program, accounts, data } = expected;
    expect(built && spelled(built)).toEqual({ program, accounts, data });
});

test('every builder is compared', () => {
    const compared = new Set(cases.map(({ name }: { name: string }) => name));
    // The one is two of the others; the rest build nothing.
    const others = ['transferMargin', 'hasOpenPosition', 'marketsOf', 'occupied', 'recordOf'];
    expect(Object.keys(build).filter((name) => !others.includes(name) && !compared.has(name))).toEqual([]);
});

test('a request belongs to the epoch whose boundary is the first from its own moment on', () => {
    const found = cases.find(({ name }: { name: string }) => name === 'payLiquidityRequest').arguments;
    const [request, record] = paidOf(found);
    const at = (previous: bigint, boundary: bigint) => ({
        ...decodeAccount(ACCOUNTS.epochRecord, encoded(keys.other, fromHex(found.record))),
        data: { ...record, state: { ...record.state, previous, boundary } },
    });
    const records = [at(0n, 100n), at(100n, 200n)];
    const belonging = (belongsFrom: bigint) =>
        build.recordOf({ ...request, state: { ...request.state, belongsFrom } }, records)?.data.state.boundary;
    expect([1n, 100n, 101n, 200n, 201n].map(belonging)).toEqual([100n, 100n, 200n, 200n, undefined]);
});
