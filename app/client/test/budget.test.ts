import { readFileSync } from 'node:fs';
import { type Address, createNoopSigner } from '@solana/kit';
import { expect, test } from 'vitest';
import { BUDGETS } from '../src/generated/budgets.js';
import {
    computeUnits,
    deposit,
    deriveExchangeAddresses,
    limitOrder,
    type MarginAccountState,
    nextPriceOrder,
    openAccount,
    placeOrders,
    TOKEN_PROGRAM,
    unitLimit,
    unitsOf,
    updatePrices,
} from '../src/index.js';

const EXCHANGE = 'Sysvar1nstructions1111111111111111111111111' as Address;
const addresses = await deriveExchangeAddresses(EXCHANGE, EXCHANGE, TOKEN_PROGRAM);

test('every instruction of the interface has a budget', () => {
    const idl = JSON.parse(readFileSync(new URL('../../../idl/perp_swap.json', import.meta.url), 'utf8'));
    expect(BUDGETS.map(({ accounts }) => accounts)).toEqual(
        idl.instructions.map(({ accounts }: { accounts: [] }) => accounts.length),
    );
    expect(BUDGETS.every(({ units }) => units.length > 0 && units.every(([, most]) => most > 1_000))).toBe(true);
});

test('between two counts a budget grows in proportion, rounded up', () => {
    const measured = BUDGETS.find(({ name }) => name === 'trade')?.units ?? [];
    const [[one, first], [eight, second]] = measured as [[number, number], [number, number]];
    expect([one, eight]).toEqual([1, 8]);
    expect(computeUnits('trade', 1)).toBe(first);
    expect(computeUnits('trade', 8)).toBe(second);
    // Two of seven steps from the first count to the next.
    expect(computeUnits('trade', 3)).toBe(first + Math.ceil(((second - first) * 2) / 7));
    expect(computeUnits('trade', 99)).toBe(measured.at(-1)?.[1]);
    expect(computeUnits('of another program', 0)).toBe(200_000);
});

test('a limit is what all may take, and an eighth more', async () => {
    const owner = { signer: createNoopSigner(EXCHANGE), marginAccount: EXCHANGE };
    const moved = deposit(addresses, owner, EXCHANGE, 1n);
    // Other token programs may take 20 000 more than the one that was measured.
    expect(unitsOf(moved)).toBe(computeUnits('deposit', 0) + 20_000);
    // An address that is found late takes units that nobody can foresee: sixteen tries at 1 500.
    const opened = await openAccount(addresses, owner.signer, owner.signer, 0);
    expect(unitsOf(opened)).toBe(computeUnits('openAccount', 0) + 24_000);
    const pairs = [0, 1, 2].map((market) => ({ market, oracle: EXCHANGE }));
    const updated = await updatePrices(addresses, pairs);
    expect(unitsOf(updated)).toBe(3 * computeUnits('updatePrices', 0));
    // Of orders by time each is armed at once that is due: one is in the budget of their placement.
    const account = { positions: [] } as unknown as MarginAccountState;
    const of = { owner: EXCHANGE, marginAccount: EXCHANGE, account };
    const common = { size: 5n, acceptablePrice: 100n };
    const three = [
        nextPriceOrder(common),
        nextPriceOrder(common),
        nextPriceOrder(common),
        limitOrder({ size: 5n, price: 9n }),
    ];
    const placed = await placeOrders(addresses, owner.signer, of, { market: 0 }, [], three);
    expect(unitsOf(placed)).toBe(computeUnits('placeOrders', 1) + 2 * computeUnits('armOrder', 1));
    const sum = unitsOf(moved) + unitsOf(updated) + 1_000 + 300;
    expect(unitLimit([moved, updated], 1_000)).toBe(sum + Math.floor(sum / 8));
});
