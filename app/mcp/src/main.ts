#!/usr/bin/env node
// The server over standard input and output.
import { readFileSync } from 'node:fs';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { formatAtoms, parseAtoms } from '@perp-swap/client';
import { ConfigError, parseConfig } from './config.js';
import type { Desk } from './desk.js';
import { startEngine } from './engine.js';
import { Limits } from './limits.js';
import { readSigner } from './live.js';
import { liveDesk } from './live-desk.js';
import { paperDesk } from './paper-desk.js';
import { createServer } from './server.js';
import { connect, readWorld } from './world.js';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
async function main(): Promise<void> {
    const config = parseConfig(process.argv.slice(2));
    const { exchange, subAccount, mode, historyUrl } = config;
    const node = connect(config.rpcUrl);
    const engine = await startEngine();
    let desk: Desk;
    if (mode.kind === 'live') {
        const signer = await readSigner(mode.keypair);
        const { quoteDecimals } = (await readWorld(node, exchange)).exchange.data;
        const amount = (text: string) => parseAtoms(text, quoteDecimals);
        const limits = new Limits(amount(mode.limits.perTrade), amount(mode.limits.inTotal), (atoms) =>
            formatAtoms(atoms, quoteDecimals),
        );
        const sender = { node, signer, pricesUrl: config.pricesUrl };
        desk = await liveDesk({ sender, engine, exchange, subAccount, limits });
    } else {
        const balance = (quoteDecimals: number) => parseAtoms(mode.balance, quoteDecimals);
        desk = await paperDesk({ node, engine, exchange, file: mode.file, balance });
    }
    await createServer({ node, exchange, desk, historyUrl, version }).connect(new StdioServerTransport());
}

main().catch((error) => {
    // Standard output is the protocol's.
    process.stderr.write(`${error instanceof ConfigError ? error.message : (error?.stack ?? error)}\n`);
    process.exit(1);
});
