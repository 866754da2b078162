import { isAddress } from '@solana/kit';
import { lazy, Suspense, useEffect } from 'react';
import { Link, Redirect, Route, Switch, useLocation } from 'wouter';
import { useFollowOwner } from '../accounts/owned';
import { useConnection } from '../chain/context';
import { TradePage } from '../desk/trade-page';

const PoolPage = lazy(() => import('../pool/pool-page'));
const ExchangePage = lazy(() => import('../exchange/exchange-page'));
const ParametersPage = lazy(() => import('../exchange/parameters-page'));
const LeaderboardPage = lazy(() => import('../exchange/leaderboard-page'));
const LiquidationsPage = lazy(() => import('../exchange/liquidations-page'));

import { TransactionLine } from '../transactions/line';
import { Icon } from '../ui/icon';
import { toggleTheme, useThemeName } from '../ui/theme';
import { session } from '../wallet/store';
import { Freshness } from './freshness';
import { Notices } from './notices';
import { SettingsButton } from './settings-dialog';
import { WalletButton } from './wallet-button';

const PAGES = [
    { path: '/trade', label: 'Trade' },
    { path: '/pool', label: 'Pool' },
    { path: '/exchange', label: 'Exchange' },
    { path: '/parameters', label: 'Parameters' },
    { path: '/liquidations', label: 'Liquidations' },
    { path: '/leaderboard', label: 'Leaderboard' },
];

function Navigation() {
    const [location] = useLocation();
    return (
        <nav className="nav" aria-label="Pages">
            {PAGES.map(({ path, label }) => (
                <Link key={path} href={path} aria-current={location.startsWith(path) ? 'page' : undefined}>
                    {label}
                </Link>
            ))}
        </nav>
    );
}

function ThemeButton() {
    const theme = useThemeName();
    const label = theme === 'dark' ? 'Switch to light colors' : 'Switch to dark colors';
    return (
        <button type="button" className="icon-button" onClick={toggleTheme} aria-label={label} title={label}>
            <Icon name={theme === 'dark' ? 'sun' : 'moon'} />
        </button>
    );
}

/** A link that shows whatever belongs to an address. */
function Watch({ owner }: { owner: string }) {
    useEffect(() => {
        if (isAddress(owner)) session.setState({ watched: owner, subAccount: 0 });
    }, [owner]);
    return <Redirect to="/trade" replace />;
}

export function Shell() {
    const { directory } = useConnection();
    useFollowOwner();
    const first = directory.markets[0]?.symbol ?? '';
    return (
        <div className="app">
            <a className="skip" href="#content">
                Skip to content
            </a>
            <header className="topbar">
                <Link href="/trade" className="brand" aria-label="Perp Swap">
                    <img src="./icon.svg" width={22} height={22} alt="" />
                    <span className="brand-name">Perp Swap</span>
                </Link>
                <Navigation />
                <div className="topbar-end">
                    <span className="badge badge-warn" title="For tests only. Do not put real money in it.">
                        NOT AUDITED
                    </span>
                    <Freshness />
                    <SettingsButton />
                    <ThemeButton />
                    <WalletButton />
                </div>
            </header>
            <main className="content" id="content" tabIndex={-1}>
                <Notices />
                <Suspense fallback={<p className="empty">Loading…</p>}>
                    <Switch>
                        <Route path="/trade/:symbol">{({ symbol }) => <TradePage symbol={symbol} />}</Route>
                        <Route path="/watch/:owner">{({ owner }) => <Watch owner={owner} />}</Route>
                        <Route path="/pool" component={PoolPage} />
                        <Route path="/exchange" component={ExchangePage} />
                        <Route path="/parameters" component={ParametersPage} />
                        <Route path="/liquidations" component={LiquidationsPage} />
                        <Route path="/leaderboard" component={LeaderboardPage} />
                        <Route>
                            <Redirect to={`/trade/${first}`} replace />
                        </Route>
                    </Switch>
                </Suspense>
            </main>
            <TransactionLine />
        </div>
    );
}
