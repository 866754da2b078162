// Where the client's sources lie, for whatever bundles the page: it is compiled with it, not before it.
import { fileURLToPath } from 'node:url';

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

/** The more particular names first, for the first that fits is taken. */
export const CLIENT = {
    '@perp-swap/client/engine': path('../client/src/engine/index.ts'),
    '@perp-swap/client/generated': path('../client/src/generated/index.ts'),
    '@perp-swap/client/local': path('../client/src/local/index.ts'),
    '@perp-swap/client': path('../client/src/index.ts'),
};
