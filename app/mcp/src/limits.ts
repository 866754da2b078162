// How much a live server may trade. Orders that only reduce are free: whoever has spent his limit can still get out.

/** An order is beyond a limit of the server's. */
export class LimitError extends Error {
    override readonly name = 'LimitError';
}

/** Counts the notional of what was sent, in atoms. */
export class Limits {
    private spent = 0n;

    constructor(
        private readonly perTrade: bigint,
        private readonly inTotal: bigint,
        private readonly show: (atoms: bigint) => string,
    ) {}

    /** What may still be traded. */
    get left(): bigint {
        return this.inTotal - this.spent;
    }

    /** Takes orders of these notionals into account before they are sent. Throws `LimitError`; then nothing has changed. */
    take(notionals: readonly bigint[]): void {
        for (const notional of notionals) {
            if (notional > this.perTrade) {
                throw new LimitError(
                    `the order is of ${this.show(notional)}, and --max-trade is ${this.show(this.perTrade)}: order less`,
                );
            }
        }
        const total = notionals.reduce((sum, notional) => sum + notional, 0n);
        if (total > this.left) {
            throw new LimitError(
                `${this.show(total)} would be ordered, and of --max-total ${this.show(this.inTotal)} ` +
                    `${this.show(this.left)} is left: order less, or ask the owner to start the server anew`,
            );
        }
        this.spent += total;
    }

    /** Gives back what was taken for orders that did not take place. */
    giveBack(notionals: readonly bigint[]): void {
        this.spent -= notionals.reduce((sum, notional) => sum + notional, 0n);
    }
}
