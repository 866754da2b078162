// The page for everybody: no violation that axe finds, on every page, tab and dialog, dark and light, at a desk and on a phone; and a
// trader's whole way by keyboard.
import { AxeBuilder } from '@axe-core/playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Desk, SOON } from './desk.ts';
import { Stage } from './stage.ts';

let stage: Stage;
/** Whoever only looks. */
let visitor: Desk;
/** Whoever trades without a mouse. */
let trader: Desk;

beforeAll(async () => {
    stage = await Stage.open();
    visitor = await stage.desk('axe');
    await visitor.page.getByText('140.000').first().waitFor();
});

afterAll(() => stage?.end());

const PATHS = ['/trade/SOL-PERP', '/pool', '/exchange', '/parameters', '/liquidations', '/leaderboard'];
const TICKET = '[aria-label="Order ticket"]';
const PHONE = { width: 390, height: 844 };

/** What axe finds by all its rules in what is shown now, or in a part of it, in both themes. */
async function violations({ page }: Desk, where: string, part = 'html'): Promise<string[]> {
    const all: string[] = [];
    for (const theme of ['light', 'dark']) {
        await page.evaluate((name) => {
            document.documentElement.dataset.theme = name;
        }, theme);
        // The page has no frames, for which axe would open another page.
        const { violations: found } = await new AxeBuilder({ page: page as never })
            .setLegacyMode()
            .include(part)
            .analyze();
        for (const { id, nodes } of found)
            all.push(...nodes.map(({ target }) => `${where}, ${theme}: ${id}: ${target.join(' ')}`));
    }
    return all;
}

/** What axe finds in a dialog that a button opens, and what is chosen in it one after the other. */
async function inDialog(
    desk: Desk,
    name: string,
    open: () => Promise<void>,
    choices: string[] = [],
): Promise<string[]> {
    await open();
    const dialog = desk.page.getByRole('dialog');
    await dialog.waitFor({ timeout: SOON });
    const found = await violations(desk, name, 'dialog');
    for (const choice of choices) {
        await dialog.getByRole('radio', { name: choice, exact: true }).check({ force: true });
        found.push(...(await violations(desk, `${name}, ${choice}`, 'dialog')));
    }
    await desk.page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    return found;
}

test('axe finds no violation on any page, dark and light, and on a phone', async () => {
    const { page } = visitor;
    const found: string[] = [];
    for (const path of PATHS) {
        await page.goto(`${stage.world.url}#${path}`);
        await page.getByRole('heading', { level: 1 }).waitFor();
        found.push(...(await violations(visitor, path)));
        await visitor.button('Switch to light colors').click();
        await visitor.picture(`light${path.replaceAll('/', '-')}`);
        await visitor.button('Switch to dark colors').click();
        const size = page.viewportSize()!;
        await page.setViewportSize(PHONE);
        found.push(...(await violations(visitor, `${path} on a phone`)));
        await page.setViewportSize(size);
    }
    await page.goto(`${stage.world.url}#/trade/SOL-PERP`);
    found.push(...(await inDialog(visitor, 'connecting', () => visitor.button('Connect').click())));
    expect(found).toEqual([]);
});

/** Presses Tab until what is written on the focused element, or on its label, is this. */
async function focusOn({ page }: Desk, name: string | RegExp): Promise<void> {
    for (let presses = 0; presses < 150; presses++) {
        const focused = await page.evaluate(() => {
            const element = document.activeElement as HTMLInputElement | null;
            return (
                element?.getAttribute('aria-label') ?? element?.labels?.[0]?.textContent ?? element?.textContent ?? ''
            );
        });
        if (typeof name === 'string' ? focused.trim() === name : name.test(focused)) return;
        await page.keyboard.press('Tab');
    }
    throw new Error(`the keyboard does not lead to ${name}`);
}

/** Goes to what can be pressed, once it can, and presses Enter. */
async function press(desk: Desk, name: string | RegExp): Promise<void> {
    await desk.page.locator('button:enabled').filter({ hasText: name }).first().waitFor({ timeout: SOON });
    await focusOn(desk, name);
    await desk.page.keyboard.press('Enter');
}

async function type(desk: Desk, label: string, text: string): Promise<void> {
    await focusOn(desk, label);
    await desk.page.keyboard.type(text);
}

/** Once its transaction is confirmed a dialog has closed, and the focus is back on the page, not lost. */
async function closed({ page }: Desk): Promise<void> {
    await page.getByRole('dialog').waitFor({ state: 'detached' });
}

test('without a mouse a wallet is connected, filled, and its first deposit made', async () => {
    trader = await stage.desk('keyboard');
    await trader.page.getByText('140.000').first().waitFor();
    await press(trader, 'Connect');
    await press(trader, 'Development wallet');
    await press(trader, 'Test money');
    await trader.inWallet('$100,000.00');
    await press(trader, 'Deposit');
    // The dialog begins with its amount.
    await trader.page.keyboard.type('5000');
    await trader.page.keyboard.press('Enter');
    await trader.confirmed(/Deposited/);
    await closed(trader);
    await trader.picture('deposited');
});

test('without a mouse a position is opened with a stop and a target', async () => {
    await type(trader, 'Size', '5');
    await type(trader, 'Stop', '125');
    await type(trader, 'Target', '160');
    await press(trader, 'Buy 5.00 SOL');
    await trader.confirmed(/Bought 5\.00 SOL/);
    await trader.table('Positions').getByText('5.00 SOL').waitFor({ timeout: SOON });
    await trader.picture('opened');
});

test('axe finds no violation at a desk where something is open, in any tab', async () => {
    const found: string[] = [];
    for (const tab of ['Orders', 'Profit by price', 'Cascade', 'Positions']) {
        await trader.tab(tab);
        await trader.table(tab === 'Orders' ? 'Resting orders' : tab).waitFor({ timeout: SOON });
        found.push(...(await violations(trader, tab)));
    }
    await trader.tab('Activity');
    for (const kind of ['Fills', 'Liquidations']) {
        await trader.activity(kind);
        found.push(...(await violations(trader, `activity, ${kind}`)));
    }
    const size = trader.page.viewportSize()!;
    await trader.page.setViewportSize(PHONE);
    found.push(...(await violations(trader, 'on a phone')));
    await trader.page.setViewportSize(size);
    expect(found).toEqual([]);
});

test('axe finds no violation in any kind of order', async () => {
    const ticket = trader.region('Order ticket');
    const kinds = ticket.getByLabel('Order', { exact: true });
    const found: string[] = [];
    for (const kind of ['limit', 'stop', 'target', 'trailing', 'ladder', 'twap', 'next', 'market']) {
        await kinds.selectOption(kind);
        await ticket.getByLabel('Size', { exact: true }).fill('1');
        found.push(...(await violations(trader, kind, TICKET)));
    }
    // What it would do, and why it would be refused.
    await trader.region('What the order would do').waitFor({ timeout: SOON });
    found.push(...(await violations(trader, 'a receipt', TICKET)));
    await ticket.getByLabel('Size', { exact: true }).fill('10000');
    await trader.region('Why the order would be refused').waitFor({ timeout: SOON });
    found.push(...(await violations(trader, 'a refusal', TICKET)));
    await ticket.getByLabel('Size', { exact: true }).fill('');
    expect(found).toEqual([]);
});

test('axe finds no violation in any dialog', async () => {
    const opened = (name: string | RegExp) => () => trader.button(name).first().click({ timeout: SOON });
    const found = [
        ...(await inDialog(trader, 'transfer', opened('Deposit'), ['Withdraw', 'Move'])),
        ...(await inDialog(trader, 'how large', opened('How large?'), ['Survive', 'Volatility', 'Kelly'])),
        ...(await inDialog(trader, 'settings', opened('Settings'))),
        ...(await inDialog(trader, 'wallet', () => trader.page.locator('.topbar-end .button').click())),
        ...(await inDialog(trader, 'details', opened('Details'))),
    ];
    await trader.tab('Positions');
    found.push(...(await inDialog(trader, 'closing', opened('Close'))));
    found.push(...(await inDialog(trader, 'protecting', opened('Protect'))));
    await trader.tab('Orders');
    found.push(...(await inDialog(trader, 'moving an order', opened('Edit'))));
    await trader.tab('Positions');
    expect(found).toEqual([]);
});

test('without a mouse the position is closed and everything withdrawn', async () => {
    await press(trader, 'Close');
    // The dialog begins with how much; nothing typed is all of it.
    await trader.page.locator('button:enabled').filter({ hasText: 'Close 5.00 SOL' }).waitFor({ timeout: SOON });
    await trader.page.keyboard.press('Enter');
    await trader.confirmed(/Sold 5\.00 SOL/);
    await closed(trader);
    await trader.page.getByText('No position is open.').waitFor({ timeout: SOON });
    await press(trader, 'Withdraw');
    await press(trader, /^Largest/);
    await press(trader, 'Withdraw to your wallet');
    await trader.confirmed(/Withdrew .* Balance \$0\.00\./);
    await closed(trader);
    await trader.picture('withdrawn');
});
