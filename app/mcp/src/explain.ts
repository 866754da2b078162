// Errors in words: from the one catalogue of the interface, which the client has.
import {
    EXCHANGE_RULES,
    type Explanation,
    explain,
    FRAMEWORK_RULES,
    failureInLogs,
    failureText,
} from '@perp-swap/client';
import { NotFoundError } from './world.js';

/**
 * What an error means and what to do: by its code such as `6060` or `0x17ac`, its name such as `InitialMargin`, or the log of a
 * transaction. Throws `NotFoundError`.
 */
export function explainText(text: string): Explanation | { readonly message: string } {
    const code = codeOf(text.trim());
    const byCode = code === undefined ? undefined : explain(code);
    if (byCode !== undefined) {
        return byCode;
    }
    for (const rules of [EXCHANGE_RULES, FRAMEWORK_RULES]) {
        for (const [number, rule] of rules) {
            if (rule.name.toLowerCase() === text.trim().toLowerCase()) {
                return { code: number, ...rule };
            }
        }
    }
    const failure = failureInLogs(text.split('\n').map((line) => line.trim()));
    if (failure !== undefined) {
        return { message: failureText(failure) };
    }
    throw new NotFoundError(
        `"${text.slice(0, 80)}" is no error of the exchange: expected a code such as 6060, a name such as InitialMargin, or a log`,
    );
}

function codeOf(text: string): number | undefined {
    const found = /^(?:custom program error: )?(0x[0-9a-f]+|\d+)$/i.exec(text)?.[1];
    return found === undefined ? undefined : Number(found);
}
