// A market that cannot pay a winner at once: what is missing is owed, shown as a claim, and redeemed once there is cash for it.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Desk, SOON } from './desk.ts';
import { Stage } from './stage.ts';
import { bringPrice, fundClaims } from './wallets.ts';
import { until } from './world.ts';

let stage: Stage;
let desk: Desk;

beforeAll(async () => {
    // So much in the pool, in dollars: a market is backed with at most half of it.
    stage = await Stage.open(['--liquidity', '20000']);
    desk = await stage.trader('shortage', '50000');
});

afterAll(() => stage?.end());

async function isOwed(): Promise<void> {
    const ticket = desk.region('Order ticket');
    await ticket.getByText(/Largest [\d.,]+ SOL/).waitFor({ timeout: SOON });
    // Not all that is possible: the spread grows with the age of the price, and what is possible shrinks with it.
    await ticket.getByRole('button', { name: '75%' }).click();
    await ticket.getByRole('button', { name: /^Buy [\d.,]+ SOL$/ }).click({ timeout: SOON });
    await desk.confirmed(/Bought/);
    await desk.picture('opened');
    stage.oracle.set('SOL-PERP', '190');
    // No older price counts any more after 15 s, so that all of the profit is settled.
    const from = await stage.oracle.now();
    await until('a price of its own', 120, async () => {
        await bringPrice(stage.world, 'SOL-PERP');
        return (await stage.oracle.now()) > from + 18 || undefined;
    });
    await desk.page.getByText('190.000').first().waitFor({ timeout: SOON });
    await desk.table('Positions').getByRole('button', { name: 'Turn into cash' }).click({ timeout: SOON });
    await desk.confirmed(/Settled/);
    await desk.picture('settled');
    await desk.page
        .getByText(/SOL-PERP owes you \$[\d,.]+: profit that it could not pay yet/)
        .waitFor({ timeout: SOON });
    await desk.page.getByText(/SOL-PERP: could not pay everybody/).waitFor({ timeout: SOON });
    // What it owes and could not pay now is more than the margin of the position, which lowers what it demands to nothing.
    await desk.region('Margin account').getByText('covered by what is owed').waitFor({ timeout: SOON });
    await desk.picture('owed');
}

async function redeems(): Promise<void> {
    const redeem = desk.table('Positions').getByRole('button', { name: 'Redeem' });
    expect(await redeem.count()).toBe(0);
    await fundClaims(stage.world, 'SOL-PERP');
    await desk.page.getByText(/; \$[1-9][\d,.]* can be redeemed now\./).waitFor({ timeout: SOON });
    await desk.picture('redeemable');
    await redeem.click({ timeout: SOON });
    // The backing pays a part; the rest waits for the next.
    await desk.confirmed(/Redeemed \$[1-9][\d,.]*; \$[1-9][\d,.]* is left to be paid\./);
    await desk.page.getByText('; $0.00 can be redeemed now.', { exact: false }).waitFor({ timeout: SOON });
    await desk.picture('redeemed');
}

test('a winner is owed what the market cannot pay, and redeems what anybody has set aside of its backing', async () => {
    // The keeper would set it aside and redeem it by itself.
    await stage.world.withoutKeeper(async () => {
        await isOwed();
        await redeems();
    });
});
