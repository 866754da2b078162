import type { Deployment } from '../chain/deployment';

/** Registers the development wallet in development builds; in others there is none. */
export async function offerDevelopmentWallet(deployment: Deployment): Promise<void> {
    if (__DEVELOPMENT__) {
        const { registerDevelopmentWallet } = await import('./development');
        await registerDevelopmentWallet(deployment);
    }
}
