import { buildPage } from './world.ts';

/** The page is built once for all stories. */
export function setup(): void {
    process.env.PERP_PAGE = buildPage();
}
