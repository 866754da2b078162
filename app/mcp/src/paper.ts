// A margin account on paper: its bytes as they would lie on chain, and what has been done with it, kept in a file.
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { type Address, getBase64Decoder, getBase64Encoder, type ReadonlyUint8Array } from '@solana/kit';
import { ConfigError } from './config.js';

/** One thing that was done on paper. */
export type Entry = { readonly time: string; readonly tool: string; readonly [key: string]: unknown };

type Kept = { readonly exchange: Address; readonly account: string; readonly journal: readonly Entry[] };

/** A paper account. */
export class Paper {
    private constructor(
        private readonly file: string,
        private readonly exchange: Address,
        private bytes: ReadonlyUint8Array,
        private readonly entries: Entry[],
    ) {}

    /** The one in a file, or a new one. Throws `ConfigError` where the file is of another exchange, or none of these. */
    static open(file: string, exchange: Address, fresh: () => ReadonlyUint8Array): Paper {
        if (!existsSync(file)) {
            const paper = new Paper(file, exchange, fresh(), []);
            paper.save();
            return paper;
        }
        let kept: Kept;
        try {
            kept = JSON.parse(readFileSync(file, 'utf8'));
            if (kept.exchange !== exchange) {
                throw new Error(`it is of the exchange ${kept.exchange}`);
            }
            return new Paper(file, exchange, getBase64Encoder().encode(kept.account), [...kept.journal]);
        } catch (error) {
            const why = error instanceof Error ? error.message : error;
            throw new ConfigError(`--paper ${file} is no paper account of ${exchange} (${why}): name another file`);
        }
    }

    get account(): ReadonlyUint8Array {
        return this.bytes;
    }

    get journal(): readonly Entry[] {
        return this.entries;
    }

    /** Keeps the account as it is after something was done. */
    keep(account: ReadonlyUint8Array, entry: Entry): void {
        this.bytes = account;
        this.entries.push(entry);
        this.save();
    }

    private save(): void {
        const account = getBase64Decoder().decode(this.bytes);
        const kept: Kept = { exchange: this.exchange, account, journal: this.entries };
        writeFileSync(`${this.file}.new`, `${JSON.stringify(kept, null, 2)}\n`, { mode: 0o600 });
        renameSync(`${this.file}.new`, this.file);
    }
}
