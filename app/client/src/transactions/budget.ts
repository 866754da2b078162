// What transactions ask for in compute units: the budgets that tests hold the compiled program to, and an eighth more.
import { containsBytes, type Instruction, type ReadonlyUint8Array } from '@solana/kit';
import {
    ASSOCIATED_TOKEN_PROGRAM,
    PERP_SWAP_PROGRAM_ADDRESS,
    TOKEN_2022_PROGRAM,
    TOKEN_PROGRAM,
} from '../addresses.js';
import { BUDGETS, type InstructionBudget } from '../generated/budgets.js';
import { getPlaceOrdersInstructionDataDecoder } from '../generated/instructions/index.js';
import { OrderTrigger } from '../generated/types/index.js';

/** Budgets are measured with the cheapest token program: what others may take more. */
const TOKEN_UNITS = 20_000;
/** Making an associated token account, an extension or two included. */
const ASSOCIATED_UNITS = 60_000;
/** What an instruction that has no budget may take: the runtime's own default. */
const UNKNOWN_UNITS = 200_000;
/** What the two instructions of the compute budget take. */
const BUDGET_UNITS = 300;
/**
 * What instructions that look for an address may take more: budgets are of its first or second candidate, and one in 65 536 is found
 * after sixteen more, at 1 500 units each.
 */
const SEARCH_UNITS = 24_000;
/** Instructions that look for an address: of an account that they make, or of an owner's associated account. */
const SEARCHING = new Set([
    'openAccount',
    'openOrders',
    'requestLiquidityDeposit',
    'requestLiquidityWithdrawal',
    'closeEpoch',
    'payLiquidityRequest',
]);
/** Compute units of the heaviest transaction. */
export const MOST_UNITS = 1_400_000;

/**
 * The budget of an instruction, named as in the generated client, of an account with so many positions; between two counts that
 * were measured in proportion, rounded up.
 */
export function computeUnits(instruction: string, positions: number): number {
    const budget = BUDGETS.find(({ name }) => name === instruction);
    return budget === undefined ? UNKNOWN_UNITS : interpolate(budget.units, positions);
}

function interpolate(measured: InstructionBudget['units'], positions: number): number {
    const at = measured.findIndex(([count]) => count >= positions);
    const [upperCount, upper] = (at < 0 ? measured.at(-1) : measured[at]) ?? [0, UNKNOWN_UNITS];
    const [count, units] = measured[at - 1] ?? [upperCount, upper];
    return upperCount > count
        ? units + Math.ceil(((upper - units) * (positions - count)) / (upperCount - count))
        : upper;
}

/** What an instruction may take, of whatever program. */
export function unitsOf(instruction: Instruction): number {
    const { programAddress, accounts = [], data } = instruction;
    if (programAddress === ASSOCIATED_TOKEN_PROGRAM) {
        return ASSOCIATED_UNITS;
    }
    if (programAddress !== PERP_SWAP_PROGRAM_ADDRESS || data === undefined) {
        return UNKNOWN_UNITS;
    }
    const budget = BUDGETS.find(({ discriminator }) => containsBytes(data, discriminator, 0));
    if (budget === undefined) {
        return UNKNOWN_UNITS;
    }
    const others = Math.max(0, accounts.length - budget.accounts);
    const movesTokens = accounts.some(({ address }) => address === TOKEN_PROGRAM || address === TOKEN_2022_PROGRAM);
    const searches = SEARCHING.has(budget.name);
    const units = unitsWith(budget, others) + (movesTokens ? TOKEN_UNITS : 0) + (searches ? SEARCH_UNITS : 0);
    return budget.name === 'placeOrders' ? units + unitsOfMoreArmed(data, others + 1) : units;
}

// Orders by time that are due are armed as they are placed; the budget is that of one.
function unitsOfMoreArmed(data: ReadonlyUint8Array, positions: number): number {
    const { orders } = getPlaceOrdersInstructionDataDecoder().decode(data);
    const byTime = orders.filter(({ trigger, parent }) => trigger === OrderTrigger.AtTime && parent === 0).length;
    return Math.max(0, byTime - 1) * computeUnits('armOrder', positions);
}

function unitsWith({ name, units }: InstructionBudget, others: number): number {
    if (name === 'updatePrices') {
        // A budget for each pair of a market and its price account.
        return interpolate(units, 0) * Math.ceil(others / 2);
    }
    // Where one position is the fewest that was measured, the target market is among the named accounts.
    const isTargeted = units[0]?.[0] === 1;
    return interpolate(units, isTargeted ? others + 1 : others);
}

/** The limit to set for these instructions and what else is known to be taken. */
export function unitLimit(instructions: readonly Instruction[], more = 0): number {
    const units = instructions.reduce((sum, instruction) => sum + unitsOf(instruction), more + BUDGET_UNITS);
    return Math.min(MOST_UNITS, units + Math.floor(units / 8));
}
