// Error codes turned back into names, messages and remedies. A code says which rule was broken, not by how much: the numbers are
// in the program's log, and in the answer of a preview.
import { type Address, isAddress } from '@solana/kit';
import { CLASSES, EXCHANGE_RULES, FRAMEWORK_RULES, type RefusalClass } from './generated/error-table.js';
import { PERP_SWAP_PROGRAM_ADDRESS } from './generated/programs/index.js';

export { CLASSES, EXCHANGE_RULES, FRAMEWORK_RULES, type RefusalClass, type Rule } from './generated/error-table.js';

/** What a code of the program means and what to do about it. */
export type Explanation = {
    readonly code: number;
    /** As in the interface file, such as `PriceStale`. */
    readonly name: string;
    readonly message: string;
    readonly remedy: string;
};

/** Explains an error code of the program or of its framework; `undefined` for a code neither knows. */
export function explain(code: number): Explanation | undefined {
    const rule = EXCHANGE_RULES.get(code) ?? FRAMEWORK_RULES.get(code);
    return rule && { code, ...rule };
}

/** The explanation as a sentence. */
export function explanationText({ name, code, message, remedy }: Explanation): string {
    return `${name} (${code}): ${message} ${remedy}`;
}

/** A program that ended with an error. */
export type Failure = {
    /** The program that ended. */
    readonly program: Address;
    /** An error code of that program, or an error of the runtime in its words. */
    readonly reason: { readonly code: number } | { readonly runtime: string };
    /** The account that was wrong, as the instruction names it, where the framework's checks say so. */
    readonly account?: string;
};

/** What a code means, where it was the exchange that refused. */
export function explainFailure(failure: Failure): Explanation | undefined {
    const isOurs = failure.program === PERP_SWAP_PROGRAM_ADDRESS && 'code' in failure.reason;
    return isOurs ? explain(failure.reason.code) : undefined;
}

/** What to make of a refusal by the exchange; `undefined` for one by others. */
export function classOf(failure: Failure): RefusalClass | undefined {
    const explanation = explainFailure(failure);
    return explanation && CLASSES[explanation.name];
}

/** The failure as a sentence. */
export function failureText(failure: Failure): string {
    const { program, reason, account } = failure;
    const explanation = explainFailure(failure);
    const what =
        explanation !== undefined
            ? explanationText(explanation)
            : 'code' in reason
              ? `program ${program} failed with its error ${reason.code}`
              : `program ${program} failed: ${reason.runtime}`;
    return account === undefined ? what : `${what} The account is ${account}.`;
}

/**
 * The first program that failed, according to the logs of a transaction: the one that refused, not those that called it.
 * `undefined` where no program failed.
 */
export function failureInLogs(logs: readonly string[]): Failure | undefined {
    for (const [place, line] of logs.entries()) {
        const at = line.indexOf(' failed: ');
        const program = line.slice('Program '.length, at);
        if (!line.startsWith('Program ') || at < 0 || !isAddress(program)) {
            continue;
        }
        const words = line.slice(at + ' failed: '.length);
        const code = codeIn(words);
        const account = program === PERP_SWAP_PROGRAM_ADDRESS ? accountBefore(logs.slice(0, place)) : undefined;
        const reason = code === undefined ? { runtime: words } : { code };
        return account === undefined ? { program, reason } : { program, reason, account };
    }
    return undefined;
}

/** The account that the framework's checks name in the last line of the log that names one. */
function accountBefore(logs: readonly string[]): string | undefined {
    const named = logs.map(
        (line) => /^Program log: .*?AnchorError caused by account: (.*?)\. Error Code/.exec(line)?.[1],
    );
    return named.findLast((account) => account !== undefined);
}

/** The code in a text like `custom program error: 0x1771`, as nodes and wallets word it. */
export function codeIn(text: string): number | undefined {
    const digits = /custom program error: 0x([0-9a-fA-F]+)/.exec(text)?.[1];
    const code = digits === undefined ? undefined : Number.parseInt(digits, 16);
    return code !== undefined && code <= 0xffff_ffff ? code : undefined;
}
