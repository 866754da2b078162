import { Suspense, useEffect } from 'react';
import { Link, Redirect, Route, Switch, useLocation } from 'wouter';
import { useConnection } from '../chain/context';
import { TradePage } from '../desk/trade-page';
import { Icon } from '../ui/icon';
import { useTheme } from '../ui/theme';
import { reconnectWallet } from '../wallet/store';
import { Freshness } from './freshness';
import { Notices } from './notices';
import { WalletButton } from './wallet-button';

const PAGES = [
    { path: '/trade', label: 'Trade' },
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
    const [theme, toggle] = useTheme();
    const label = theme === 'dark' ? 'Switch to light colors' : 'Switch to dark colors';
    return (
        <button type="button" className="icon-button" onClick={toggle} aria-label={label} title={label}>
            <Icon name={theme === 'dark' ? 'sun' : 'moon'} />
        </button>
    );
}

export function Shell() {
    const { directory } = useConnection();
    useEffect(() => {
        void reconnectWallet();
    }, []);
    const first = directory.markets[0]?.symbol ?? '';
    return (
        <div className="app">
            <a className="skip" href="#content">
                Skip to content
            </a>
            <header className="topbar">
                <Link href="/trade" className="brand">
                    <img src="./icon.svg" width={22} height={22} alt="" />
                    <span className="brand-name">Perp Swap</span>
                </Link>
                <Navigation />
                <div className="topbar-end">
                    <span className="badge badge-warn" title="For tests only. Do not put real money in it.">
                        NOT AUDITED
                    </span>
                    <Freshness />
                    <ThemeButton />
                    <WalletButton />
                </div>
            </header>
            <main className="content" id="content" tabIndex={-1}>
                <Notices />
                <Suspense fallback={<p className="empty">Loading…</p>}>
                    <Switch>
                        <Route path="/trade/:symbol">{({ symbol }) => <TradePage symbol={symbol} />}</Route>
                        <Route>
                            <Redirect to={`/trade/${first}`} replace />
                        </Route>
                    </Switch>
                </Suspense>
            </main>
        </div>
    );
}
