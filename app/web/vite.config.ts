import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';
import { CLIENT } from './client.ts';
import { parameterMeanings } from './interface.ts';

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

/** What the local validator writes while it runs; PERP_EXCHANGE_FILE names another. */
const exchangeFile = process.env.PERP_EXCHANGE_FILE ?? path('../../.localnet/keys/exchange.json');

/** Serves the running local validator's addresses as `deployment.json`, which a real deployment puts beside index.html. */
function localDeployment(): Plugin {
    return {
        name: 'local-deployment',
        configureServer(server) {
            server.middlewares.use('/deployment.json', (_request, response) => {
                if (!existsSync(exchangeFile)) {
                    response.statusCode = 404;
                    response.end(`${exchangeFile} is not there: start cargo run -p perp-localnet`);
                    return;
                }
                const exchange = JSON.parse(readFileSync(exchangeFile, 'utf8'));
                const indexer = process.env.PERP_HISTORY_URL ?? 'http://127.0.0.1:8890';
                response.setHeader('content-type', 'application/json');
                response.end(JSON.stringify({ name: 'local validator', indexer_url: indexer, ...exchange }));
            });
        },
    };
}

export default defineConfig(({ mode }) => ({
    base: './',
    plugins: [react(), localDeployment(), parameterMeanings(path('../../idl/perp_swap.json'))],
    resolve: {
        alias: CLIENT,
        dedupe: ['@solana/kit', '@noble/hashes'],
    },
    define: {
        // Generated clients ask for it in the browser, where there is no process.
        'process.env.NODE_ENV': JSON.stringify(mode === 'production' ? 'production' : 'development'),
        // A wallet whose keys lie in the page is for development builds alone; a test looks for it in the others.
        __DEVELOPMENT__: JSON.stringify(mode !== 'production'),
    },
    server: { host: '127.0.0.1', port: 5173, fs: { allow: [path('../..')] } },
    preview: { host: '127.0.0.1', port: 4173 },
    build: { target: 'es2022', sourcemap: false },
    test: {
        environment: 'node',
        include: ['src/**/*.test.{ts,tsx}'],
    },
}));
