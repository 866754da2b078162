// Whoever comes with an empty wallet: connects, takes test money, deposits, withdraws; and what is said where something fails.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Desk, openBrowser, SOON } from './desk.ts';
import { openWorld, type World } from './world.ts';

let world: World;
let browser: Browser;

beforeAll(async () => {
    [world, browser] = await Promise.all([openWorld(process.env.PERP_PAGE!), openBrowser()]);
});

afterAll(async () => {
    await browser?.close();
    await world?.end();
});

test('everything is visible before anybody connects', async () => {
    const desk = await Desk.open(browser, world, 'visitor');
    await desk.page.getByText('140.616').first().waitFor();
    await desk.picture('desk');
    expect(await desk.page.getByText('NOT AUDITED').isVisible()).toBe(true);
    for (const [path, heading] of [
        ['/pool', 'Pool'],
        ['/exchange', 'State of the exchange'],
        ['/parameters', 'Parameters'],
        ['/liquidations', 'Liquidations'],
        ['/leaderboard', 'Leaderboard'],
    ]) {
        await desk.page.goto(`${world.url}#${path}`);
        await desk.page.getByRole('heading', { level: 1, name: heading }).waitFor();
        await desk.picture(path!.slice(1));
    }
    await desk.close();
});

test('a wallet is connected, filled, and opens its account with the first deposit', async () => {
    const desk = await Desk.open(browser, world, 'money');
    await desk.connect();
    await desk.picture('connected');
    await desk.takeTestMoney();
    await desk.deposit('5000');
    const account = desk.region('Margin account');
    await desk.inWallet('$95,000.00');
    await desk.picture('deposited');
    // What the wallet rejects is never sent.
    await desk.rejectNext();
    await account.getByRole('button', { name: 'Deposit', exact: true }).click();
    await desk.page.getByLabel('Amount').fill('1');
    await desk.page.getByRole('dialog').getByRole('button', { name: 'Deposit', exact: true }).last().click();
    await desk
        .line()
        .getByText(/Not sent: User rejected/)
        .waitFor({ timeout: SOON });
    await desk.picture('rejected');
    await desk.page.keyboard.press('Escape');
    await desk.page.getByRole('dialog').waitFor({ state: 'detached' });
    await desk.inWallet('$95,000.00');
    await desk.close();
});
