import type { ReadonlyUint8Array } from '@solana/kit';
import { UpdateError } from './update.js';

/** Big-endian fields, taken from the front of some bytes. */
export class Fields {
    private at = 0;

    constructor(private readonly all: ReadonlyUint8Array) {}

    /** Bytes that are left. */
    get left(): number {
        return this.all.length - this.at;
    }

    bytes(count: number, field: string): ReadonlyUint8Array {
        if (count > this.left) {
            throw new UpdateError(`the update ends within its ${field}: fetch it again`);
        }
        this.at += count;
        return this.all.slice(this.at - count, this.at);
    }

    /** Takes letters that must stand here. */
    expect(letters: string, field: string, of: string): void {
        const found = new TextDecoder().decode(Uint8Array.from(this.bytes(letters.length, field)));
        if (found !== letters) {
            throw new UpdateError(`the ${of} does not begin as Pyth's do: is this the answer of a price server?`);
        }
    }

    private view(count: number, field: string): DataView {
        return new DataView(Uint8Array.from(this.bytes(count, field)).buffer);
    }

    u8(field: string): number {
        return this.view(1, field).getUint8(0);
    }

    u16(field: string): number {
        return this.view(2, field).getUint16(0);
    }

    u32(field: string): number {
        return this.view(4, field).getUint32(0);
    }

    i32(field: string): number {
        return this.view(4, field).getInt32(0);
    }

    u64(field: string): bigint {
        return this.view(8, field).getBigUint64(0);
    }

    i64(field: string): bigint {
        return this.view(8, field).getBigInt64(0);
    }
}
