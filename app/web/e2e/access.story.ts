// The page for everybody: no violation that axe finds, in both themes and on a phone, and all of it by keyboard.
import { AxeBuilder } from '@axe-core/playwright';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Desk, openBrowser } from './desk.ts';
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

const PATHS = ['/trade/SOL-PERP', '/pool', '/exchange', '/parameters', '/liquidations', '/leaderboard'];

/** What axe finds: by all its rules, or by these. */
async function violations(desk: Desk, rules: string[] = []): Promise<string[]> {
    // The page has no frames, for which axe would open another page.
    const axe = new AxeBuilder({ page: desk.page as never }).setLegacyMode();
    const { violations: found } = await (rules.length > 0 ? axe.withRules(rules) : axe).analyze();
    return found.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(' ')}`));
}

test('axe finds no violation on any page, dark and light', async () => {
    const desk = await Desk.open(browser, world, 'axe');
    await desk.page.getByText('140.616').first().waitFor();
    const found: string[] = [];
    for (const path of PATHS) {
        await desk.page.goto(`${world.url}#${path}`);
        await desk.page.getByRole('heading', { level: 1 }).waitFor();
        found.push(...(await violations(desk)).map((violation) => `${path} dark ${violation}`));
        await desk.button('Switch to light colors').click();
        // Of the other theme only the colors are different.
        const colors = await violations(desk, ['color-contrast']);
        found.push(...colors.map((violation) => `${path} light ${violation}`));
        await desk.picture(`light${path.replaceAll('/', '-')}`);
        await desk.button('Switch to dark colors').click();
    }
    await desk.page.setViewportSize({ width: 390, height: 844 });
    await desk.page.goto(`${world.url}#/trade/SOL-PERP`);
    found.push(...(await violations(desk)).map((violation) => `phone ${violation}`));
    await desk.button('Connect').click();
    found.push(...(await violations(desk)).map((violation) => `dialog ${violation}`));
    expect(found).toEqual([]);
    await desk.close();
});

test('a wallet is connected, filled and its first deposit made without a mouse', async () => {
    const desk = await Desk.open(browser, world, 'keyboard');
    const { page } = desk;
    await page.getByText('140.616').first().waitFor();
    const focusOn = async (name: string | RegExp) => {
        for (let presses = 0; presses < 80; presses++) {
            const focused = await page.evaluate(() => {
                const element = document.activeElement as HTMLElement | null;
                return element?.getAttribute('aria-label') ?? element?.textContent ?? '';
            });
            if (typeof name === 'string' ? focused.trim() === name : name.test(focused)) return;
            await page.keyboard.press('Tab');
        }
        throw new Error(`the keyboard does not lead to ${name}`);
    };
    await focusOn('Connect');
    await page.keyboard.press('Enter');
    await focusOn('Development wallet');
    await page.keyboard.press('Enter');
    await focusOn('Test money');
    await page.keyboard.press('Enter');
    await desk.inWallet('$100,000.00');
    await focusOn('Deposit');
    await page.keyboard.press('Enter');
    // The dialog begins with its amount.
    await page.keyboard.type('500');
    await page.keyboard.press('Enter');
    await desk.confirmed(/Deposited/);
    // The dialog has closed and the focus is back on the page, not lost.
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await desk.picture('deposited');
    await desk.close();
});
