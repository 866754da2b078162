// Whoever comes with an empty wallet: looks around, connects, makes a first deposit; and what becomes of a transaction that does not
// take place: rejected in the wallet, refused by the chain, taken by no block.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Desk, SOON } from './desk.ts';
import { Stage } from './stage.ts';

let stage: Stage;
/** Whose transaction the node loses at the beginning: it takes a minute until no block can take it any more. */
let unlucky: Desk;
let desk: Desk;

beforeAll(async () => {
    stage = await Stage.open();
});

afterAll(() => stage?.end());

async function buy(of: Desk): Promise<void> {
    const ticket = of.region('Order ticket');
    await ticket.getByLabel('Size', { exact: true }).fill('2');
    await ticket.getByRole('button', { name: 'Buy 2.00 SOL' }).click({ timeout: SOON });
}

/** Nothing was bought, and the account has what it had. */
async function nothingHappened(of: Desk): Promise<void> {
    await of.tab('Positions');
    await of.page.getByText('No position is open.').waitFor();
    await of.region('Margin account').getByText('$1,000.00').first().waitFor();
}

/** Text of the form of a signature, as a node answers with; the page knows the true one. */
function signatureOf(wire: string): string {
    return wire.slice(0, 88).replace(/[^1-9A-HJ-NP-Za-km-z]/g, '1');
}

test('a transaction is sent, and the node that takes it hands it on to nobody', async () => {
    unlucky = await stage.trader('expired', '1000');
    await unlucky.page.route(stage.world.exchange.rpc_url, async (route) => {
        const { method, id, params } = route.request().postDataJSON();
        if (method !== 'sendTransaction') return route.continue();
        await route.fulfill({ json: { jsonrpc: '2.0', id, result: signatureOf(params[0] as string) } });
    });
    await buy(unlucky);
    await unlucky.line().getByText('Sent. Waiting for the chain to confirm it…').waitFor({ timeout: SOON });
    // One at a time: nothing else is sent until it is known what became of it.
    await unlucky.button('A transaction is under way').waitFor();
    await unlucky.picture('sent');
});

test('everything is visible before anybody connects', async () => {
    desk = await stage.desk('visitor');
    await desk.page.getByText('140.000').first().waitFor();
    await desk.picture('desk');
    expect(await desk.page.getByText('NOT AUDITED').isVisible()).toBe(true);
    for (const [path, heading] of [
        ['/pool', 'Pool'],
        ['/exchange', 'State of the exchange'],
        ['/parameters', 'Parameters'],
        ['/liquidations', 'Liquidations'],
        ['/leaderboard', 'Leaderboard'],
    ]) {
        await desk.page.goto(`${stage.world.url}#${path}`);
        await desk.page.getByRole('heading', { level: 1, name: heading }).waitFor();
        await desk.picture(path!.slice(1));
    }
    // What each parameter means stands beside it, in the words of the program's own sources.
    await desk.page.goto(`${stage.world.url}#/parameters`);
    const fee = desk
        .table('Parameters of SOL-PERP')
        .getByRole('row')
        .filter({ hasText: /^taker_fee0/ });
    await fee.getByText('0.04%').waitFor();
    await fee.getByText(/notional/).waitFor();
    // An order is previewed for whoever has no account, with an account of the engine's own.
    await desk.page.goto(`${stage.world.url}#/trade/SOL-PERP`);
    await desk.region('Order ticket').getByLabel('Size', { exact: true }).fill('10');
    await desk.page.getByText('What it would do to an account with $10,000 in it.').waitFor();
    await desk.region('What the order would do').getByText('0.14x').waitFor();
});

test('a wallet is connected, filled, and opens its account with the first deposit', async () => {
    await desk.connect();
    await desk.picture('connected');
    await desk.takeTestMoney();
    await desk.deposit('1000');
    await desk.inWallet('$99,000.00');
    await desk.picture('deposited');
});

test('what the wallet rejects is not sent', async () => {
    await desk.rejectNext();
    await buy(desk);
    await desk.line().getByText('Not sent: User rejected the request.').waitFor({ timeout: SOON });
    await desk.picture('rejected');
    await nothingHappened(desk);
});

test('while it is signed the price moves beyond the bound, and the chain refuses it', async () => {
    const sign = await desk.hesitateNext();
    await buy(desk);
    await desk.line().getByText('Waiting for your signature…').waitFor({ timeout: SOON });
    // The bound is half a percent above the preview; this is two percent.
    stage.oracle.set('SOL-PERP', '142.8');
    await desk.page.getByText('142.800').first().waitFor({ timeout: SOON });
    await sign();
    await desk
        .line()
        .getByText(/Refused: .*worse than the acceptable price/i)
        .waitFor({ timeout: SOON });
    await desk.line().getByText('Nothing was charged.').waitFor();
    await desk.picture('refused');
    await desk.button('Details').click();
    const dialog = desk.page.getByRole('dialog');
    await dialog.getByText(/What to do:/).waitFor();
    await dialog.getByText('Program logs').click();
    await dialog.getByText(/failed: custom program error/).waitFor();
    await desk.picture('details');
    await desk.page.keyboard.press('Escape');
    await nothingHappened(desk);
});

test('what no block has taken expires, and it is said that it cannot happen any more', async () => {
    await unlucky
        .line()
        .getByText(/Expired: no block took it in time/)
        .waitFor({ timeout: 120_000 });
    await unlucky.picture('expired');
    await nothingHappened(unlucky);
});
