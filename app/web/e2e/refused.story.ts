// What becomes of a transaction that does not take place: rejected in the wallet, refused by the chain, taken by no block.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Desk, openBrowser, SOON } from './desk.ts';
import { Oracle, OWN_ORACLE } from './oracle.ts';
import { openWorld, type World } from './world.ts';

let world: World;
let browser: Browser;
let oracle: Oracle;
let desk: Desk;

beforeAll(async () => {
    [world, browser] = await Promise.all([openWorld(process.env.PERP_PAGE!, OWN_ORACLE), openBrowser()]);
    oracle = await Oracle.start(world.exchange);
    oracle.set('SOL-PERP', '140');
    desk = await Desk.open(browser, world, 'refused');
    await desk.connect();
    await desk.takeTestMoney();
    await desk.deposit('1000');
});

afterAll(async () => {
    await desk?.close();
    await oracle?.end();
    await browser?.close();
    await world?.end();
});

async function press(): Promise<void> {
    const ticket = desk.region('Order ticket');
    await ticket.getByLabel('Size', { exact: true }).fill('2');
    await ticket.getByRole('button', { name: 'Buy 2.00 SOL' }).click({ timeout: SOON });
}

/** Nothing was bought, and the account has what it had. */
async function nothingHappened(): Promise<void> {
    await desk.tab('Positions');
    expect(await desk.page.getByText('No position is open.').isVisible()).toBe(true);
    await desk.region('Margin account').getByText('$1,000.00').first().waitFor();
}

test('what the wallet rejects is not sent', async () => {
    await desk.rejectNext();
    await press();
    await desk.line().getByText('Not sent: User rejected the request.').waitFor({ timeout: SOON });
    await desk.picture('rejected');
    await nothingHappened();
});

test('while it is signed the price moves beyond the bound, and the chain refuses it', async () => {
    const sign = await desk.hesitateNext();
    await press();
    await desk.line().getByText('Waiting for your signature…').waitFor({ timeout: SOON });
    // The bound is half a percent above the preview; this is two percent.
    oracle.set('SOL-PERP', '142.8');
    await desk.page.getByText('142.800').first().waitFor({ timeout: SOON });
    await sign();
    await desk
        .line()
        .getByText(/Refused: .*worse than the acceptable price/i)
        .waitFor({ timeout: SOON });
    await desk.line().getByText('Nothing was charged.').waitFor();
    await desk.picture('by-the-chain');
    await desk.button('Details').click();
    const dialog = desk.page.getByRole('dialog');
    await dialog.getByText(/What to do:/).waitFor();
    await dialog.getByText('Program logs').click();
    await dialog.getByText(/failed: custom program error/).waitFor();
    await desk.picture('details');
    await desk.page.keyboard.press('Escape');
    await nothingHappened();
});

test('a transaction that the node loses expires, and it is said that it cannot happen any more', async () => {
    // The node takes it, and hands it on to nobody.
    let lost = 0;
    await desk.page.route(world.exchange.rpc_url, async (route) => {
        const { method, id, params } = route.request().postDataJSON();
        if (method !== 'sendTransaction') return route.continue();
        lost += 1;
        const signature = await desk.page.evaluate(signatureOf, params[0] as string);
        await route.fulfill({ json: { jsonrpc: '2.0', id, result: signature } });
    });
    await press();
    await desk.line().getByText('Sent. Waiting for the chain to confirm it…').waitFor({ timeout: SOON });
    // A blockhash lives for 150 blocks.
    await oracle.passTo((await oracle.now()) + 120);
    await desk
        .line()
        .getByText(/Expired: no block took it in time/)
        .waitFor({ timeout: 120_000 });
    await desk.picture('expired');
    await desk.page.unroute(world.exchange.rpc_url);
    expect(lost).toBeGreaterThan(0);
    await nothingHappened();
});

/** Any text of the form of a signature: the page knows its own. */
function signatureOf(wire: string): string {
    return wire.slice(0, 88).replace(/[^1-9A-HJ-NP-Za-km-z]/g, '1');
}
