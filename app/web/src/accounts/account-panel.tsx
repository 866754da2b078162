// How the shown account stands: equity, cash, what is free, and how far it is from liquidation, with the formula.
import { useState } from 'react';
import { useAccount, useConnection } from '../chain/context';
import { readTokenBalance } from '../chain/decoded';
import { useAccountView } from '../engine/hooks';
import { formatMoney, formatShare, fraction } from '../format/units';
import { leverageText } from '../ticket/receipt';
import { Meter, Row } from '../ui/stat';
import { mayAct, ownerOf, session, useSession } from '../wallet/store';
import { AccountSelect, freeNumber } from './account-select';
import { FaucetButton } from './faucet-button';
import { useOwnedAccounts, useOwnedTrouble, useShownAccount, useTokenAccounts } from './owned';
import { TransferDialog, type TransferKind } from './transfer-dialog';

/** From this part of its equity on an account's maintenance margin is shown as dangerous. */
const DANGER = 0.7;

function Standing() {
    const { quoteDecimals } = useConnection().directory;
    const account = useShownAccount();
    const view = useAccountView(account?.address ?? null);
    if (!account) return null;
    if (!view) return <p className="muted">Asking the engine…</p>;
    const { equity, maintenanceMargin, adverseEquity, initialMargin } = view.health;
    const money = (atoms: bigint) => formatMoney(atoms, quoteDecimals);
    const broken = equity <= 0n && maintenanceMargin > 0n;
    const danger = broken || fraction(maintenanceMargin, equity) > DANGER;
    return (
        <>
            <dl className="rows">
                <Row label="Equity" title="Cash, claims, debts, open profit and loss, unsettled funding">
                    <strong>{money(equity)}</strong>
                </Row>
                <Row label="Cash">{money(view.balance)}</Row>
                <Row
                    label="Free collateral"
                    title="Equity at adverse prices less initial margin; profit counts once it is cash"
                >
                    {money(view.freeCollateral)}
                </Row>
                <Row label="Largest withdrawal">{money(view.largestWithdrawal)}</Row>
                <Row label="Leverage">{leverageText(view.leverage)}</Row>
            </dl>
            <div>
                <div className="label-row">
                    <span className="label">Maintenance margin used</span>
                    <span className={danger ? 'short' : undefined}>
                        {maintenanceMargin === 0n
                            ? view.notional === 0n
                                ? 'none needed'
                                : 'covered by what is owed'
                            : broken
                              ? 'all'
                              : formatShare(maintenanceMargin, equity)}
                    </span>
                </div>
                <Meter
                    part={broken ? 1n : maintenanceMargin}
                    whole={broken ? 1n : equity}
                    color={danger ? 'var(--short)' : 'var(--accent)'}
                />
                <p className="muted formula">
                    {money(maintenanceMargin)} required ÷ {money(equity)} equity; at 100 % anybody may liquidate.
                    Opening and withdrawing go by {money(initialMargin)} of {money(adverseEquity)}: there profit counts
                    once it is cash.
                </p>
            </div>
            {view.isLiquidatable === 1n && (
                <p className="notice notice-bad">This account can be liquidated now. Add margin or close.</p>
            )}
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
    const trouble = useOwnedTrouble();
    const { tokens } = useTokenAccounts();
    const wallet = readTokenBalance(useAccount(tokens));
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
                    <p className="muted">
                        {trouble === null
                            ? 'Looking for margin accounts…'
                            : `Margin accounts cannot be looked for: ${trouble}`}
                    </p>
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
