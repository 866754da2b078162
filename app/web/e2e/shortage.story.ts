// A market that cannot pay a winner at once: what is missing is owed, shown as a claim, and paid once there is new backing.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, test } from 'vitest';
import { Desk, openBrowser, SOON } from './desk.ts';
import { Oracle, OWN_ORACLE } from './oracle.ts';
import { openWorld, type World } from './world.ts';

let world: World;
let browser: Browser;
let oracle: Oracle;
let desk: Desk;

/** So much in the pool, in dollars: a market is backed with at most half of it. */
const LITTLE = ['--liquidity', '20000'];

beforeAll(async () => {
    const options = { ...OWN_ORACLE, prices: [...OWN_ORACLE.prices, ...LITTLE] };
    [world, browser] = await Promise.all([openWorld(process.env.PERP_PAGE!, options), openBrowser()]);
    oracle = await Oracle.start(world.exchange);
    oracle.set('SOL-PERP', '140');
    desk = await Desk.open(browser, world, 'shortage');
    await desk.connect();
    await desk.takeTestMoney();
    await desk.deposit('50000');
});

afterAll(async () => {
    await desk?.close();
    await oracle?.end();
    await browser?.close();
    await world?.end();
});

test('a winner is owed what the market cannot pay', async () => {
    const ticket = desk.region('Order ticket');
    await ticket.getByText(/Largest [\d.,]+ SOL/).waitFor({ timeout: SOON });
    // Not all that is possible: the spread grows with the age of the price, and what is possible shrinks with it.
    await ticket.getByRole('button', { name: '75%' }).click();
    await ticket.getByRole('button', { name: /^Buy [\d.,]+ SOL$/ }).click({ timeout: SOON });
    await desk.confirmed(/Bought/);
    await desk.picture('opened');
    oracle.set('SOL-PERP', '190');
    await desk.page.getByText('190.000').first().waitFor({ timeout: SOON });
    await desk.table('Positions').getByRole('button', { name: 'Turn into cash' }).click({ timeout: SOON });
    await desk.confirmed(/Settled/);
    await desk.picture('settled');
    await desk.page
        .getByText(/SOL-PERP owes you \$[\d,.]+: profit that it could not pay yet/)
        .waitFor({ timeout: SOON });
    await desk.page.getByText(/SOL-PERP: could not pay everybody/).waitFor({ timeout: SOON });
    await desk.picture('owed');
});
