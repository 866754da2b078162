import wasm from '../../../../artifacts/perp_wasm.wasm?url';
import { Engine } from './module';

/** Fetches the engine's module and starts it. */
export async function startEngine(): Promise<Engine> {
    const response = await fetch(wasm);
    if (!response.ok) throw new Error(`The engine cannot be fetched (${response.status}): ${wasm}`);
    return Engine.start(await response.arrayBuffer());
}
