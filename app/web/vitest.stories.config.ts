import { defineConfig } from 'vitest/config';
import { CLIENT } from './client.ts';

// The stories: the page in a browser over a local validator, which each file starts for itself. Two at once: they mostly wait.
export default defineConfig({
    resolve: {
        alias: CLIENT,
        dedupe: ['@solana/kit', '@noble/hashes'],
    },
    test: {
        include: ['e2e/**/*.story.ts'],
        globalSetup: ['e2e/setup.ts'],
        maxWorkers: 2,
        testTimeout: 360_000,
        hookTimeout: 300_000,
    },
});
