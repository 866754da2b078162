/// <reference types="vite/client" />

/** True in development builds alone: production bundles drop what stands behind it. */
declare const __DEVELOPMENT__: boolean;

declare module 'virtual:parameter-meanings' {
    interface Meaning {
        /** As in the interface file, such as `taker_fee`. */
        name: string;
        meaning: string;
    }
    export const marketParameters: readonly Meaning[];
    export const poolParameters: readonly Meaning[];
}
