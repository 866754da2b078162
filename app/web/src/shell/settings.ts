// What the reader has set, kept between visits. No keys and no secrets.
import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';

export interface Settings {
    /** Priority fee in millionths of a lamport per compute unit. */
    unitPrice: bigint;
    /** How much worse than the preview a fill may be, in ppm of the price. */
    tolerance: bigint;
}

const KEY = 'settings';
const DEFAULTS: Settings = { unitPrice: 0n, tolerance: 5_000n };

function read(): Settings {
    try {
        const stored = JSON.parse(localStorage.getItem(KEY) ?? '{}') as Record<string, string>;
        const number = (key: keyof Settings) =>
            /^\d{1,12}$/.test(stored[key] ?? '') ? BigInt(stored[key]!) : DEFAULTS[key];
        return { unitPrice: number('unitPrice'), tolerance: number('tolerance') };
    } catch {
        return DEFAULTS;
    }
}

export const settings = createStore<Settings>(read);

settings.subscribe(({ unitPrice, tolerance }) => {
    localStorage.setItem(KEY, JSON.stringify({ unitPrice: unitPrice.toString(), tolerance: tolerance.toString() }));
});

export function useSettings<T>(select: (state: Settings) => T): T {
    return useStore(settings, select);
}
