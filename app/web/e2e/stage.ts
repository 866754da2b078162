// What nearly every file of stories begins with: a world, a browser, prices that the story says, and a trader with money in his account.
import type { Browser } from 'playwright-core';
import { Desk, openBrowser } from './desk.ts';
import { Oracle, OWN_ORACLE } from './oracle.ts';
import { openWorld, type World } from './world.ts';

export class Stage {
    readonly #desks: Desk[] = [];

    private constructor(
        readonly world: World,
        readonly browser: Browser,
        readonly oracle: Oracle,
    ) {}

    /** Opens a world in which SOL is at $140 until the story says otherwise; `flags` are more of perp-localnet. */
    static async open(flags: string[] = []): Promise<Stage> {
        const options = { ...OWN_ORACLE, prices: [...OWN_ORACLE.prices, ...flags] };
        const [world, browser] = await Promise.all([openWorld(process.env.PERP_PAGE!, options), openBrowser()]);
        const oracle = await Oracle.start(world.exchange);
        oracle.set('SOL-PERP', '140');
        return new Stage(world, browser, oracle);
    }

    /** The page at a place, until the end. */
    async desk(story: string, path?: string): Promise<Desk> {
        const desk = await Desk.open(this.browser, this.world, story, path);
        this.#desks.push(desk);
        return desk;
    }

    /** The page of a trader with test money in his wallet, and so much of it in his account. */
    async trader(story: string, deposit?: string): Promise<Desk> {
        const desk = await this.desk(story);
        await desk.connect();
        await desk.takeTestMoney();
        if (deposit !== undefined) await desk.deposit(deposit);
        return desk;
    }

    /** Ends everything; a page that wrote errors to its console fails its story. */
    async end(): Promise<void> {
        try {
            for (const desk of this.#desks) await desk.close();
        } finally {
            await this.oracle.end();
            await this.browser.close();
            await this.world.end();
        }
    }
}
