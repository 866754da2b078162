// What the page says where something is gone or refused: the node, the indexer, the exchange itself.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SOON } from './desk.ts';
import { Stage } from './stage.ts';
import { kept } from './world.ts';

let stage: Stage;

beforeAll(async () => {
    stage = await Stage.open();
});

afterAll(() => stage?.end());

test('a wide price and a silent oracle are said above everything', async () => {
    const desk = await stage.desk('oracle');
    await desk.page.getByText('140.000').first().waitFor();
    stage.oracle.widen('SOL-PERP', 8_000n);
    await desk.page.getByText(/the oracle is uncertain by 0\.8%/).waitFor({ timeout: SOON });
    await desk.picture('wide');
    stage.oracle.set('SOL-PERP', '140');
    stage.oracle.silence('SOL-PERP', true);
    await desk.page.getByText(/orders need one of 5 s/).waitFor({ timeout: SOON });
    await desk.picture('stale');
    // The keeper reports the outage as soon as the price is older than 15 s.
    await kept(stage.world, 'the report', () => desk.page.getByText(/an oracle outage is reported/).isVisible());
    await desk.picture('outage');
    stage.oracle.silence('SOL-PERP', false);
    await desk.page.getByText(/an oracle outage is reported/).waitFor({ state: 'hidden', timeout: 60_000 });
});

test('any address can be watched by a link, and nothing can be signed for it', async () => {
    const desk = await stage.desk('watch', `/watch/${stage.world.exchange.mint}`);
    await desk.page.getByText('No margin account yet.', { exact: false }).waitFor({ timeout: SOON });
    expect(await desk.button('Deposit').count()).toBe(0);
});

test('without the indexer there is no history, and everything else goes on', async () => {
    const desk = await stage.desk('no-history');
    await stage.world.history.end();
    await desk.page.goto(`${stage.world.url}#/liquidations`);
    await desk.page.getByText(/The indexer at .* does not answer/).waitFor({ timeout: SOON });
    await desk.picture('liquidations');
    await desk.page.goto(`${stage.world.url}#/trade/SOL-PERP`);
    await desk.page.getByText('140.000').first().waitFor();
});

test('without the node the page says how old its numbers are', async () => {
    const desk = await stage.desk('no-node');
    await desk.page.getByText('140.000').first().waitFor();
    await stage.oracle.end();
    await stage.world.localnet.end();
    await desk.page.getByText(/The connection to .* is lost/).waitFor({ timeout: SOON });
    await desk.page.getByText(/data \d+ s old/).waitFor();
    expect(await desk.page.getByText('140.000').first().isVisible()).toBe(true);
    await desk.picture('lost');
});
