// The page as a person uses it: by what is written on it.
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Locator, type Page } from 'playwright-core';
import { expect } from 'vitest';
import type { World } from './world.ts';

const CHROMIUM = process.env.CHROMIUM ?? ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find(existsSync);

export async function openBrowser(): Promise<Browser> {
    if (!CHROMIUM) throw new Error('Chromium is not there: apt-get install chromium, or set CHROMIUM to its path');
    return chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] });
}

/** Where pictures of every step go; without PERP_SCREENSHOTS none are taken. */
const PICTURES = process.env.PERP_SCREENSHOTS;

/** How long a transaction and what follows from it may take on a busy machine. */
export const SOON = 90_000;

const DESK = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844 };

export class Desk {
    /** Errors that the page wrote to its console. */
    readonly errors: string[] = [];

    private constructor(
        readonly page: Page,
        readonly context: BrowserContext,
        private readonly story: string,
    ) {}

    static async open(browser: Browser, world: World, story: string, path = '/trade/SOL-PERP'): Promise<Desk> {
        const context = await browser.newContext({ viewport: DESK, colorScheme: 'dark' });
        const page = await context.newPage();
        const desk = new Desk(page, context, story);
        page.on('pageerror', (error) => desk.errors.push(error.message));
        await page.goto(`${world.url}#${path}`);
        return desk;
    }

    async close(): Promise<void> {
        await this.context.close();
        expect(this.errors).toEqual([]);
    }

    button(name: string | RegExp): Locator {
        return this.page.getByRole('button', typeof name === 'string' ? { name, exact: true } : { name });
    }

    /** What lies in one of the tabs below the chart. */
    async tab(name: string): Promise<void> {
        await this.page.getByRole('tab', { name: new RegExp(`^${name}`) }).click();
    }

    /** Chooses what the activity lists. */
    async activity(kind: string): Promise<void> {
        await this.page.getByRole('radio', { name: kind, exact: true }).check({ force: true });
    }

    /** The connected wallet's address. */
    async owner(): Promise<string> {
        await this.page.locator('.topbar-end .button').click();
        const address = await this.page.getByRole('dialog').locator('p.mono').textContent();
        await this.page.keyboard.press('Escape');
        return address ?? '';
    }

    table(name: string): Locator {
        return this.page.getByRole('table', { name });
    }

    /** The wallet's holder rejects what is to be signed next. */
    async rejectNext(): Promise<void> {
        await this.page.evaluate(() => {
            window.beforeNextSignature = () => Promise.reject(new Error('User rejected the request.'));
        });
    }

    /** The wallet's holder takes time over what is to be signed next: until the function that this gives is called. */
    async hesitateNext(): Promise<() => Promise<void>> {
        await this.page.evaluate(() => {
            window.beforeNextSignature = () =>
                new Promise((resolve) => window.addEventListener('sign', () => resolve(), { once: true }));
        });
        return () => this.page.evaluate(() => void window.dispatchEvent(new Event('sign')));
    }

    /** What the transaction line says. */
    line(): Locator {
        return this.page.getByRole('region', { name: 'Transactions' });
    }

    region(name: string): Locator {
        return this.page.getByRole('region', { name, exact: true });
    }

    /** Takes pictures of this moment, at the desk and on a phone. */
    async picture(name: string): Promise<void> {
        if (!PICTURES) return;
        mkdirSync(PICTURES, { recursive: true });
        await this.page.evaluate(() => scrollTo(0, 0));
        await this.page.screenshot({ path: join(PICTURES, `${this.story}-${name}.png`) });
        await this.page.setViewportSize(PHONE);
        await this.page.screenshot({ path: join(PICTURES, `${this.story}-${name}-phone.png`), fullPage: true });
        await this.page.setViewportSize(DESK);
        await this.page.evaluate(() => scrollTo(0, 0));
    }

    async connect(): Promise<void> {
        await this.button('Connect').click();
        await this.button('Development wallet').click();
        await this.button('Test money').waitFor();
    }

    async takeTestMoney(): Promise<void> {
        await this.button('Test money').click();
        await this.inWallet('$100,000.00');
    }

    /** Waits until so much is in the wallet. */
    async inWallet(amount: string): Promise<void> {
        await this.region('Margin account')
            .getByRole('definition')
            .filter({ hasText: amount })
            .first()
            .waitFor({ timeout: SOON });
    }

    /** Deposits into the account that is shown, and opens it where it is new. */
    async deposit(amount: string): Promise<void> {
        await this.region('Margin account').getByRole('button', { name: 'Deposit', exact: true }).click();
        await this.page.getByLabel('Amount').fill(amount);
        await this.page
            .getByRole('dialog')
            .getByRole('button', { name: /deposit$/i })
            .click();
        await this.confirmed(/Deposited/);
    }

    /** Waits until the chain has confirmed what was sent last, and told this of it. */
    async confirmed(told: RegExp): Promise<void> {
        const line = this.line();
        const other = line.getByText(/^(Refused|Not sent|Expired|Unknown)$/);
        await line.getByText(told).or(other).first().waitFor({ timeout: SOON });
        if (await other.isVisible()) throw new Error(`not confirmed: ${await line.textContent()}`);
        await line.getByText('Confirmed', { exact: true }).first().waitFor({ timeout: SOON });
    }
}
