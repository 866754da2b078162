// An agent: the server as a program of its own, asked over the protocol.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { inject } from 'vitest';

const SERVER = fileURLToPath(new URL('../dist/main.js', import.meta.url));

/** A folder that is gone once the tests are over. */
export function folder(): string {
    const made = mkdtempSync(join(tmpdir(), 'perp-mcp-'));
    process.once('exit', () => rmSync(made, { recursive: true, force: true }));
    return made;
}

/** What a tool says. */
export type Said = { readonly isError: boolean; readonly [field: string]: unknown };

/** A connection to a server that was started with these flags. */
export class Agent {
    private constructor(private readonly client: Client) {}

    static async start(...flags: string[]): Promise<Agent> {
        const local = join(inject('keys'), 'exchange.json');
        const client = new Client({ name: 'agent', version: '1.0.0' });
        await client.connect(new StdioClientTransport({ command: 'node', args: [SERVER, '--local', local, ...flags] }));
        return new Agent(client);
    }

    async tools(): Promise<{ name: string; reads: boolean }[]> {
        const { tools } = await this.client.listTools();
        return tools.map(({ name, annotations }) => ({ name, reads: annotations?.readOnlyHint === true }));
    }

    /** Calls a tool; what is no JSON is its `text`. */
    async call(name: string, told: Record<string, unknown> = {}): Promise<Said> {
        const { content, isError } = await this.client.callTool({ name, arguments: told });
        const [{ text }] = content as [{ text: string }];
        try {
            return { ...JSON.parse(text), isError: isError === true };
        } catch {
            return { text, isError: isError === true };
        }
    }

    end(): Promise<void> {
        return this.client.close();
    }
}

/** The next slot comes, and with it a price: a position cannot be reduced in the slot in which it was increased. */
export function nextSlot(): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, 1_500));
}
