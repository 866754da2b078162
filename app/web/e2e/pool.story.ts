// Entering the pool over a boundary, leaving it until everything is paid, and a pause with its grace, as the desk shows them.
import { afterAll, beforeAll, test } from 'vitest';
import { type Desk, SOON } from './desk.ts';
import { Stage } from './stage.ts';
import { pause } from './wallets.ts';
import { kept } from './world.ts';

let stage: Stage;
let desk: Desk;

const HOUR = 3_600;

/** Lets time pass to just after the boundary that a request of this notice belongs to: the first full hour after it. */
async function passBoundary(notice: number): Promise<void> {
    const belongsFrom = (await stage.oracle.now()) + notice;
    await stage.oracle.passTo(Math.ceil(belongsFrom / HOUR) * HOUR + 4);
}

beforeAll(async () => {
    stage = await Stage.open();
    desk = await stage.trader('pool');
});

afterAll(() => stage?.end());

test('tokens enter at the boundary after their notice, and become shares', async () => {
    await desk.page.goto(`${stage.world.url}#/pool`);
    await desk.page.getByLabel('Tokens').fill('1000');
    await desk.button('Request to enter').click();
    await desk.confirmed(/Requested\./);
    const requests = desk.page.getByRole('table', { name: 'Your requests' });
    await requests.getByText('Enter').waitFor({ timeout: SOON });
    await desk.page.getByRole('table', { name: 'Queue' }).getByText('$1,000.00').waitFor();
    await desk.picture('requested');
    await passBoundary(600);
    await kept(stage.world, 'the request is served', async () => !(await requests.isVisible()));
    // 0.02 % of $1,000 pays the queue, so about 999.8 shares of $1.
    await desk.page.getByText(/^999\.8\d \(/).waitFor({ timeout: SOON });
    await desk.picture('entered');
});

test('shares that leave wait in the queue for the boundary of the day after, and are paid at it', async () => {
    await desk.page.getByText('Leave', { exact: true }).click();
    await desk.page.getByRole('button', { name: /You hold 999\.8/ }).click();
    await desk.button('Request to leave').click();
    await desk.confirmed(/Requested\./);
    await desk.page.getByRole('table', { name: 'Your requests' }).getByText('Leave').waitFor({ timeout: SOON });
    await desk.page
        .getByRole('table', { name: 'Queue' })
        .getByText(/^999\.8/)
        .waitFor();
    await desk.page.getByText(/^0\.00 \(0\.00%\)/).waitFor({ timeout: SOON });
    await desk.picture('leaving');
    await passBoundary(24 * HOUR);
    await kept(stage.world, 'the request is served', async () => !(await desk.table('Your requests').isVisible()));
    await desk.page.getByText('Nobody waits to enter or leave.').waitFor({ timeout: SOON });
    await desk.picture('left');
    // 0.02 % of $1,000 went to the queue on the way in, and as much of what was left on the way out.
    await desk.page.goto(`${stage.world.url}#/trade/SOL-PERP`);
    await desk.inWallet('$99,999.6');
});

test('a pause says until when, and after it that nothing is increased for two minutes', async () => {
    await pause(stage.world, 20);
    await desk.page.getByText(/The exchange is paused until/).waitFor({ timeout: SOON });
    await desk.picture('paused');
    await desk.page.getByText(/A pause has ended\./).waitFor({ timeout: 60_000 });
    await desk.picture('grace');
});
