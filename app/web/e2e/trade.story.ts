// A trader's day: opens with a stop and a target, is liquidated in part, adds margin, sees the stop fire, closes and withdraws.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Desk, SOON } from './desk.ts';
import { Stage } from './stage.ts';
import { inHistory, kept } from './world.ts';

let stage: Stage;
let desk: Desk;

beforeAll(async () => {
    stage = await Stage.open();
    desk = await stage.trader('trade', '1000');
});

afterAll(() => stage?.end());

test('the receipt is live under the ticket, and an order too large names the largest', async () => {
    const ticket = desk.region('Order ticket');
    await ticket.getByLabel('Size', { exact: true }).fill('10');
    const receipt = desk.region('What the order would do');
    await receipt.getByText('Average price').waitFor({ timeout: SOON });
    // 10 SOL at $140 with $1,000: 1.4x.
    await receipt.getByText(/1\.40x/).waitFor();
    await desk.picture('receipt');
    await ticket.getByLabel('Size', { exact: true }).fill('1000');
    const refusal = desk.region('Why the order would be refused');
    await refusal.getByText('Equity at adverse prices is below the initial margin.').waitFor();
    await desk.picture('refusal');
    await refusal.getByRole('button', { name: /Use the largest/ }).click();
    await receipt.waitFor();
    await desk.picture('largest');
});

test('a position is opened with its stop and target in one transaction', async () => {
    const ticket = desk.region('Order ticket');
    await ticket.getByLabel('Unit of the size').selectOption('base');
    await ticket.getByLabel('Size', { exact: true }).fill('100');
    await ticket.getByLabel('Stop', { exact: true }).fill('125');
    await ticket.getByLabel('Target', { exact: true }).fill('160');
    await ticket.getByRole('button', { name: 'Buy 100.00 SOL' }).click();
    await desk.confirmed(/Bought 100\.00 SOL/);
    const row = desk.page.getByRole('table', { name: 'Positions' }).getByRole('row').nth(1);
    await row.getByText('▲ Long').waitFor({ timeout: SOON });
    await row.getByText('100.00 SOL').waitFor();
    await desk.picture('opened');
    await desk.page.getByRole('tab', { name: /Orders/ }).click();
    const orders = desk.page.getByRole('table', { name: 'Resting orders' });
    await orders.getByText('index ≤ 125.000').waitFor();
    await orders.getByText('index ≥ 160.000').waitFor();
    await desk.picture('orders');
    for (const tab of ['Profit by price', 'Cascade']) {
        await desk.page.getByRole('tab', { name: tab }).click();
        await desk.page.getByRole('table', { name: new RegExp(`^${tab}`) }).waitFor({ timeout: SOON });
        await desk.picture(tab.toLowerCase().replaceAll(' ', '-'));
    }
});

test('the stop is dragged on the chart to another price', async () => {
    const box = (await desk.page.locator('.chart-canvas').boundingBox())!;
    const x = box.x + box.width / 3;
    const canHold = () =>
        desk.page
            .locator('.chart-canvas > div')
            .evaluate((element) => getComputedStyle(element).cursor === 'ns-resize');
    // From below the first line that can be taken hold of is the stop's.
    let y = box.y + box.height - 30;
    for (; !(await canHold()); y -= 2) {
        expect(y, 'a line on the chart').toBeGreaterThan(box.y);
        await desk.page.mouse.move(x, y);
    }
    await desk.page.mouse.down();
    await desk.page.mouse.move(x, y - 10, { steps: 5 });
    await desk.page.mouse.up();
    const dialog = desk.page.getByRole('dialog', { name: /^Move stop/ });
    const dragged = Number(await dialog.getByLabel('Price').inputValue());
    expect(dragged).toBeGreaterThan(125);
    await desk.picture('dragged');
    // A little lower than where the mouse let it go, so that the rest of the story knows where it is.
    await dialog.getByLabel('Price').fill('126');
    await dialog.getByRole('button', { name: 'Move it' }).click();
    await desk.confirmed(/Orders: 1 placed, 1 cancelled\./);
    await desk.tab('Orders');
    await desk.table('Resting orders').getByText('index ≤ 126.000').waitFor({ timeout: SOON });
    await desk.table('Resting orders').getByText('index ≥ 160.000').waitFor();
    await desk.picture('moved');
});

test('anybody sees the same by a link, and can sign nothing', async () => {
    const owner = await desk.owner();
    const other = await stage.desk('watch', `/watch/${owner}`);
    const row = other.table('Positions').getByRole('row').nth(1);
    await row.getByText('100.00 SOL').waitFor({ timeout: SOON });
    for (const name of ['Close', 'Add margin', 'Turn into cash'])
        expect(await row.getByRole('button', { name }).isDisabled()).toBe(true);
    expect(await other.button('Deposit').count()).toBe(0);
    await other.picture('position');
});

test('the price falls, and a keeper liquidates as much as is needed', async () => {
    await desk.page.getByRole('tab', { name: /Positions/ }).click();
    // 100 SOL bought at about 140 with about $994 left. At 133.5 it is worth about $344 against 3 % of 13 350 = $400.
    stage.oracle.set('SOL-PERP', '133.5');
    const row = desk.page.getByRole('table', { name: 'Positions' }).getByRole('row').nth(1);
    await kept(stage.world, 'the liquidation', async () => !(await row.getByText('100.00 SOL').isVisible()));
    await row.getByText('▲ Long').waitFor();
    await desk.picture('liquidated');
    // The history follows the chain in its own time.
    await inHistory(stage.world, `/v1/liquidations?owner=${await desk.owner()}`);
    await desk.tab('Activity');
    await desk.activity('Liquidations');
    await desk.table('Liquidations').getByText('SOL-PERP').first().waitFor({ timeout: SOON });
    await desk.picture('liquidation');
});

test('margin is added, and the bar comes down', async () => {
    await desk.deposit('2000');
    await desk.region('Margin account').getByText('Maintenance margin used').waitFor();
    await desk.picture('margin-added');
});

test('the stop fires, the target goes with it', async () => {
    await desk.page.getByRole('tab', { name: /Positions/ }).click();
    stage.oracle.set('SOL-PERP', '124');
    await kept(stage.world, 'the stop', () => desk.page.getByText('No position is open.').isVisible());
    await desk.page.getByRole('tab', { name: /Orders/ }).click();
    await desk.page.getByText('No order waits.', { exact: false }).waitFor({ timeout: SOON });
    await inHistory(stage.world, `/v1/orders?owner=${await desk.owner()}&state=filled`);
    await desk.tab('Activity');
    await desk.activity('Fills');
    await desk
        .table('Fills')
        .getByText(/order \d/)
        .first()
        .waitFor({ timeout: SOON });
    await desk.picture('stopped');
});

test('everything is withdrawn', async () => {
    await desk.region('Margin account').getByRole('button', { name: 'Withdraw', exact: true }).click();
    const dialog = desk.page.getByRole('dialog');
    await dialog.getByRole('button', { name: /Largest/ }).click({ timeout: SOON });
    await desk.picture('withdraw');
    await dialog.getByRole('button', { name: 'Withdraw to your wallet' }).click();
    await desk.confirmed(/Withdrew .* Balance \$0\.00\./);
    await desk.picture('withdrawn');
});
