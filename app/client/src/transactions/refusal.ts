// Why a transaction was refused, in words, with a remedy.
import {
    classOf,
    type Explanation,
    explainFailure,
    type Failure,
    failureInLogs,
    failureText,
    type RefusalClass,
} from '../errors.js';

/** A refusal by a program or by the runtime. */
export type Refusal = {
    /** One sentence that names rule and remedy. */
    readonly message: string;
    /** The exchange's rule, where it was the exchange that refused. */
    readonly explanation: Explanation | undefined;
    /** What to make of it, where it was the exchange that refused. */
    readonly class: RefusalClass | undefined;
    /** Which program refused and why, when it was a program. */
    readonly failure: Failure | undefined;
    /** The lines of the log that say by how much, without the runtime's own. */
    readonly details: readonly string[];
    readonly logs: readonly string[];
};

/** The refusal in these logs; the runtime's error in its own words where no program explains itself. */
export function describeRefusal(logs: readonly string[], error: unknown): Refusal {
    const failure = failureInLogs(logs);
    const said = logs.filter(
        (line) => line.startsWith('Program log: ') && !line.startsWith('Program log: Instruction: '),
    );
    return {
        message: failure === undefined ? runtimeText(error) : failureText(failure),
        explanation: failure && explainFailure(failure),
        class: failure && classOf(failure),
        failure,
        details: said.map((line) => line.slice('Program log: '.length)),
        logs,
    };
}

function runtimeText(error: unknown): string {
    if (error instanceof Error) {
        return error.message;
    }
    return JSON.stringify(error, (_, value) => (typeof value === 'bigint' ? value.toString() : value)) ?? String(error);
}
