import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

// The stories: the page in a browser over a local validator. One after the other, for they share the machine.
export default defineConfig({
    resolve: {
        alias: {
            '@perp-swap/client/generated': path('../client/src/generated/index.ts'),
            '@perp-swap/client': path('../client/src/index.ts'),
        },
        dedupe: ['@solana/kit', '@noble/hashes'],
    },
    test: {
        include: ['e2e/**/*.story.ts'],
        globalSetup: ['e2e/setup.ts'],
        fileParallelism: false,
        testTimeout: 240_000,
        hookTimeout: 120_000,
    },
});
