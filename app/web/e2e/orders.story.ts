// Every form of order: it is placed, shown with what it waits for, moved, filled or cancelled.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Desk, SOON } from './desk.ts';
import { Stage } from './stage.ts';
import { kept } from './world.ts';

let stage: Stage;
let desk: Desk;

beforeAll(async () => {
    stage = await Stage.open();
    desk = await stage.trader('orders', '5000');
});

afterAll(() => stage?.end());

interface Form {
    what: string;
    kind: string;
    side?: 'Short';
    fields: Record<string, string>;
    expiry?: string;
    /** What each order's row says, in the order of the table. */
    rows: string[][];
}

const FORMS: Form[] = [
    {
        what: 'a limit for a day',
        kind: 'limit',
        fields: { 'Limit price': '130', Size: '2' },
        expiry: 'day',
        rows: [['Buy Limit', '2.00', 'index ≤ 130.000']],
    },
    {
        what: 'a stop that enters',
        kind: 'stop',
        fields: { 'Stop price': '150', Size: '2' },
        expiry: 'never',
        rows: [['Buy Stop entry', '2.00', 'index ≥ 150.000', 'never']],
    },
    {
        what: 'a target for the whole position',
        kind: 'target',
        side: 'Short',
        fields: { 'Target price': '155' },
        rows: [['Sell Target', 'whole position', 'index ≥ 155.000']],
    },
    {
        what: 'a trailing stop',
        kind: 'trailing',
        side: 'Short',
        fields: { 'Distance from the best price': '2.5' },
        rows: [['Sell Trailing stop', 'whole position', '2.5% from the best']],
    },
    {
        what: 'a limit or a stop, of which one cancels the other',
        kind: 'limit',
        fields: { 'Limit price': '131', 'Or a stop at': '149', Size: '1' },
        rows: [
            ['Buy Limit', 'index ≤ 131.000', 'one of group 1'],
            ['Buy Stop entry', 'index ≥ 149.000', 'one of group 1'],
        ],
    },
    {
        what: 'a ladder of three limits',
        kind: 'ladder',
        fields: { From: '120', To: '130', Steps: '3', Size: '3' },
        rows: [
            ['Buy Limit', '1.00', 'index ≤ 120.000'],
            ['Buy Limit', '1.00', 'index ≤ 125.000'],
            ['Buy Limit', '1.00', 'index ≤ 130.000'],
        ],
    },
];

const rows = () => desk.table('Resting orders').locator('tbody').getByRole('row');

async function place({ kind, side, fields, expiry }: Omit<Form, 'what' | 'rows'>): Promise<void> {
    const ticket = desk.region('Order ticket');
    await ticket.getByText(side === 'Short' ? '▼ Short' : '▲ Long').click();
    await ticket.getByLabel('Order', { exact: true }).selectOption(kind);
    for (const [label, text] of Object.entries(fields)) await ticket.getByLabel(label, { exact: true }).fill(text);
    if (expiry) {
        const more = ticket.locator('details');
        if (!(await more.getAttribute('open').then((open) => open !== null)))
            await ticket.getByText(/Worst price,/).click();
        await ticket.getByLabel('Expires after').selectOption(expiry);
    }
    await ticket.getByRole('button', { name: /^Place (order|\d+ orders) in SOL-PERP$/ }).click({ timeout: SOON });
    await desk.confirmed(/Orders: \d placed\./);
}

async function cancelAll(count: number): Promise<void> {
    const button =
        count > 1 ? desk.button(`Cancel all ${count}`) : rows().first().getByRole('button', { name: 'Cancel' });
    await button.click({ timeout: SOON });
    await desk.confirmed(new RegExp(`Orders: ${count} cancelled\\.`));
    await desk.page.getByText('No order waits.', { exact: false }).waitFor({ timeout: SOON });
}

test('a position to protect is opened', async () => {
    const ticket = desk.region('Order ticket');
    await ticket.getByLabel('Size', { exact: true }).fill('5');
    await ticket.getByRole('button', { name: 'Buy 5.00 SOL' }).click({ timeout: SOON });
    await desk.confirmed(/Bought 5\.00 SOL/);
    await desk.tab('Orders');
});

test.each(FORMS)('$what is placed, shown and cancelled', async (form) => {
    await place(form);
    await rows()
        .nth(form.rows.length - 1)
        .waitFor({ timeout: SOON });
    for (const [at, texts] of form.rows.entries()) {
        for (const text of texts)
            await rows().nth(at).getByText(text, { exact: false }).first().waitFor({ timeout: SOON });
    }
    expect(await rows().count()).toBe(form.rows.length);
    if (form.expiry === 'day') expect(await rows().first().getByText('never').count()).toBe(0);
    await desk.picture(form.kind === 'limit' && form.rows.length > 1 ? 'one-cancels-other' : form.kind);
    await cancelAll(form.rows.length);
});

test('a position is protected after it was opened', async () => {
    await desk.tab('Positions');
    await desk.table('Positions').getByRole('button', { name: 'Protect' }).click({ timeout: SOON });
    const dialog = desk.page.getByRole('dialog');
    await dialog.getByLabel('Stop').fill('120');
    await dialog.getByLabel('Target').fill('170');
    await desk.picture('protect');
    await dialog.getByRole('button', { name: 'Place them' }).click({ timeout: SOON });
    await desk.confirmed(/Orders: 2 placed\./);
    await desk.tab('Orders');
    await rows().filter({ hasText: 'Sell Stop' }).getByText('index ≤ 120.000').waitFor({ timeout: SOON });
    await rows().filter({ hasText: 'Sell Target' }).getByText('index ≥ 170.000').waitFor();
    await cancelAll(2);
});

test('an order is moved in one transaction, and keeps what else it was', async () => {
    await place({ kind: 'limit', fields: { 'Limit price': '130', Size: '2' } });
    await rows().first().getByRole('button', { name: 'Edit' }).click({ timeout: SOON });
    await desk.page.getByRole('dialog').getByLabel('Price').fill('132.5');
    await desk.page.getByRole('dialog').getByRole('button', { name: 'Move it' }).click();
    await desk.confirmed(/Orders: 1 placed, 1 cancelled\./);
    await rows().first().getByText('index ≤ 132.500').waitFor({ timeout: SOON });
    expect(await rows().count()).toBe(1);
    await cancelAll(1);
});

test('an order at the next price is filled at it', async () => {
    await place({ kind: 'next', fields: { Size: '1' } });
    await kept(stage.world, 'the fill', () => desk.page.getByText('No order waits.', { exact: false }).isVisible());
    await desk.tab('Positions');
    await desk.table('Positions').getByText('6.00 SOL').waitFor({ timeout: SOON });
    await desk.tab('Orders');
});

test('an order in slices fills the first, and what is left is cancelled', async () => {
    await place({ kind: 'twap', fields: { Slices: '3', Apart: '600', Size: '3' } });
    // It falls back to waiting for its next slice once the first is filled, and can be cancelled again.
    await kept(stage.world, 'the first slice', () => rows().first().getByText('In slices, 2 left').isVisible());
    await desk.picture('twap');
    await cancelAll(1);
    await desk.tab('Positions');
    await desk.table('Positions').getByText('7.00 SOL').waitFor({ timeout: SOON });
});
