import { defineConfig } from 'vitest/config';

// The client's tests start the same validator. Files run one after the other: each finds a validator that nobody else trades on.
export default defineConfig({
    test: {
        include: ['localnet/**/*.test.ts'],
        globalSetup: '../client/localnet/start.ts',
        fileParallelism: false,
        testTimeout: 120_000,
        hookTimeout: 120_000,
    },
});
