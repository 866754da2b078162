// How the shown account stands: equity, cash, what is free, and how far it is from liquidation, with the formula.
import { useState } from 'react';
import { useAccountBytes, useConnection } from '../chain/context';
import { readTokenBalance } from '../chain/decoded';
import { useAccountQuote, useWithdrawable } from '../engine/hooks';
import { formatMoney, formatShare } from '../format/units';
import { leverageText } from '../ticket/receipt';
import { Meter, Row } from '../ui/stat';
import { mayAct, ownerOf, session, useSession } from '../wallet/store';
import { AccountSelect, freeNumber } from './account-select';
import { FaucetButton } from './faucet-button';
import { useOwnedAccounts, useShownAccount, useTokenAccounts } from './owned';
import { TransferDialog, type TransferKind } from './transfer-dialog';

function Standing() {
    const { quoteDecimals } = useConnection().directory;
    const account = useShownAccount();
    const quote = useAccountQuote(account?.address ?? null);
    const withdrawable = useWithdrawable(account?.address ?? null);
    if (!account) return null;
    if (!quote) return <p className="muted">Asking the engine…</p>;
    const { maintenance, initial } = quote;
    const money = (atoms: bigint) => formatMoney(atoms, quoteDecimals);
    const used = maintenance.equity <= 0n ? 1n : maintenance.margin;
    const whole = maintenance.equity <= 0n ? 1n : maintenance.equity;
    const danger = maintenance.margin * 10n > maintenance.equity * 7n;
    return (
        <>
            <dl className="rows">
                <Row label="Equity" title="Cash, claims, debts, open profit and loss, unsettled funding">
                    <strong>{money(maintenance.equity)}</strong>
                </Row>
                <Row label="Cash">{money(quote.cash)}</Row>
                <Row
                    label="Free to withdraw"
                    title="Equity at adverse prices less initial margin; profit counts once it is cash"
                >
                    {withdrawable ? money(withdrawable.largest) : '—'}
                </Row>
                <Row label="Leverage">{leverageText(quote.leverage)}</Row>
            </dl>
            <div>
                <div className="label-row">
                    <span className="label">Maintenance margin used</span>
                    <span className={danger ? 'short' : undefined}>
                        {maintenance.margin === 0n
                            ? 'none needed'
                            : formatShare(maintenance.margin, maintenance.equity)}
                    </span>
                </div>
                <Meter part={used} whole={whole} color={danger ? 'var(--short)' : 'var(--accent)'} />
                <p className="muted formula">
                    {money(maintenance.margin)} required ÷ {money(maintenance.equity)} equity. At 100 % anybody may
                    liquidate. Opening needs {money(initial.margin)} of {money(initial.equity)}: there profit counts
                    once it is cash.
                </p>
            </div>
        </>
    );
}

export function AccountPanel() {
    const { directory } = useConnection();
    const [dialog, setDialog] = useState<TransferKind | null>(null);
    const owner = useSession(ownerOf);
    const acts = useSession(mayAct);
    const accounts = useOwnedAccounts();
    const account = useShownAccount();
    const { tokens } = useTokenAccounts();
    const wallet = readTokenBalance(useAccountBytes(tokens));
    return (
        <section className="panel" aria-label="Margin account">
            <div className="panel-head">
                {accounts && accounts.length > 0 ? <AccountSelect /> : <h2>Account</h2>}
                {acts && accounts && accounts.length > 0 && (
                    <button
                        type="button"
                        className="button button-small button-quiet"
                        onClick={() => {
                            session.setState({ subAccount: freeNumber(accounts) });
                            setDialog('deposit');
                        }}
                    >
                        New account
                    </button>
                )}
            </div>
            <div className="ticket">
                {owner === null ? (
                    <p className="muted">
                        Connect a wallet, or watch any address from the same dialog: positions, orders and margin are
                        public.
                    </p>
                ) : accounts === null ? (
                    <p className="muted">Looking for margin accounts…</p>
                ) : account === null ? (
                    <p className="muted">
                        {accounts.length === 0 ? 'No margin account yet.' : 'This account is not opened yet.'} The first
                        deposit opens it, in the same transaction.
                    </p>
                ) : (
                    <Standing />
                )}
                {owner !== null && (
                    <dl className="rows">
                        <Row label="In the wallet">{formatMoney(wallet, directory.quoteDecimals)}</Row>
                    </dl>
                )}
                {acts && (
                    <div className="buttons">
                        <button
                            type="button"
                            className="button button-primary"
                            aria-haspopup="dialog"
                            onClick={() => setDialog('deposit')}
                        >
                            Deposit
                        </button>
                        <button
                            type="button"
                            className="button"
                            aria-haspopup="dialog"
                            disabled={!account}
                            onClick={() => setDialog('withdraw')}
                        >
                            Withdraw
                        </button>
                        <button
                            type="button"
                            className="button"
                            aria-haspopup="dialog"
                            disabled={!account}
                            onClick={() => setDialog('move')}
                        >
                            Move
                        </button>
                        {__DEVELOPMENT__ && <FaucetButton />}
                    </div>
                )}
            </div>
            {dialog && <TransferDialog kind={dialog} onClose={() => setDialog(null)} />}
        </section>
    );
}
