// Which exchange the page shows: `deployment.json` beside index.html, with the keys of the local validator's exchange.json.
import { type Address, isAddress } from '@solana/kit';

export interface Deployment {
    /** What the page calls the cluster. */
    name: string;
    rpcUrl: string;
    websocketUrl: string;
    exchange: Address;
    /** Where perp-indexer answers; without one the page shows no history. */
    indexerUrl: string | null;
}

/** What is wrong with a deployment file, and what would be right. */
export class DeploymentError extends Error {}

function text(file: Record<string, unknown>, key: string): string {
    const value = file[key];
    if (typeof value !== 'string' || value === '') {
        throw new DeploymentError(`deployment.json: "${key}" must be text, and is ${JSON.stringify(value)}`);
    }
    return value;
}

function url(file: Record<string, unknown>, key: string, schemes: string[]): string {
    const value = text(file, key);
    if (!URL.canParse(value) || !schemes.includes(new URL(value).protocol)) {
        const expected = schemes.map((scheme) => `${scheme}//`).join(' or ');
        throw new DeploymentError(
            `deployment.json: "${key}" must be a URL that begins with ${expected}, and is ${value}`,
        );
    }
    return value;
}

/**
 * Reads a deployment.
 *
 * @throws DeploymentError which names the key, what it holds and what would be right.
 */
export function readDeployment(file: Record<string, unknown>): Deployment {
    const exchange = text(file, 'exchange');
    if (!isAddress(exchange)) {
        throw new DeploymentError(`deployment.json: "exchange" must be the address of an exchange, and is ${exchange}`);
    }
    return {
        name: typeof file.name === 'string' ? file.name : 'cluster',
        rpcUrl: url(file, 'rpc_url', ['http:', 'https:']),
        websocketUrl: url(file, 'websocket_url', ['ws:', 'wss:']),
        exchange,
        indexerUrl: file.indexer_url ? url(file, 'indexer_url', ['http:', 'https:']) : null,
    };
}

/**
 * Fetches the deployment that lies beside the page.
 *
 * @throws DeploymentError where there is none or it is wrong.
 */
export async function fetchDeployment(): Promise<Deployment> {
    const response = await fetch('./deployment.json', { cache: 'no-store' });
    const body = await response.text();
    if (!response.ok) {
        throw new DeploymentError(`deployment.json cannot be read (${response.status}): ${body.slice(0, 200)}`);
    }
    let file: unknown;
    try {
        file = JSON.parse(body);
    } catch {
        throw new DeploymentError('deployment.json is no JSON: it must lie beside index.html');
    }
    if (typeof file !== 'object' || file === null) {
        throw new DeploymentError('deployment.json must be an object with rpc_url, websocket_url and exchange');
    }
    return readDeployment(file as Record<string, unknown>);
}
