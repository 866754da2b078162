// What the page says where something is gone or refused: the node, the indexer, the exchange itself.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Desk, openBrowser, SOON } from './desk.ts';
import { Oracle, OWN_ORACLE } from './oracle.ts';
import { kept, openWorld, type World } from './world.ts';

let world: World;
let browser: Browser;
let oracle: Oracle;

beforeAll(async () => {
    [world, browser] = await Promise.all([openWorld(process.env.PERP_PAGE!, OWN_ORACLE), openBrowser()]);
    oracle = await Oracle.start(world.exchange);
    oracle.set('SOL-PERP', '140');
});

afterAll(async () => {
    await oracle?.end();
    await browser?.close();
    await world?.end();
});

test('a wide price and a silent oracle are said above everything', async () => {
    const desk = await Desk.open(browser, world, 'oracle');
    await desk.page.getByText('140.000').first().waitFor();
    oracle.widen('SOL-PERP', 8_000n);
    await desk.page.getByText(/the oracle is uncertain by 0\.8%/).waitFor({ timeout: SOON });
    await desk.picture('wide');
    oracle.set('SOL-PERP', '140');
    oracle.silence('SOL-PERP', true);
    await desk.page.getByText(/orders need one of 5 s/).waitFor({ timeout: SOON });
    await desk.picture('stale');
    // The keeper reports the outage as soon as the price is older than 15 s.
    await kept(world, 'the report', () => desk.page.getByText(/an oracle outage is reported/).isVisible());
    await desk.picture('outage');
    oracle.silence('SOL-PERP', false);
    await desk.page.getByText(/an oracle outage is reported/).waitFor({ state: 'hidden', timeout: 60_000 });
    await desk.close();
});

test('any address can be watched by a link, and nothing can be signed for it', async () => {
    const desk = await Desk.open(browser, world, 'watch', `/watch/${world.exchange.mint}`);
    await desk.page.getByText('No margin account yet.', { exact: false }).waitFor({ timeout: SOON });
    expect(await desk.button('Deposit').count()).toBe(0);
    await desk.close();
});

test('without the indexer there is no history, and everything else goes on', async () => {
    const desk = await Desk.open(browser, world, 'no-history');
    await world.history.end();
    await desk.page.goto(`${world.url}#/liquidations`);
    await desk.page.getByText(/The indexer at .* does not answer/).waitFor({ timeout: SOON });
    await desk.picture('liquidations');
    await desk.page.goto(`${world.url}#/trade/SOL-PERP`);
    await desk.page.getByText('140.000').first().waitFor();
    await desk.close();
});

test('without the node the page says how old its numbers are', async () => {
    const desk = await Desk.open(browser, world, 'no-node');
    await desk.page.getByText('140.000').first().waitFor();
    await oracle.end();
    await world.localnet.end();
    await desk.page.getByText(/The connection to .* is lost/).waitFor({ timeout: SOON });
    await desk.page.getByText(/data \d+ s old/).waitFor();
    expect(await desk.page.getByText('140.000').first().isVisible()).toBe(true);
    await desk.picture('lost');
    await desk.close();
});
