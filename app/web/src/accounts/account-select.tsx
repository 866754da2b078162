// Which of the owner's margin accounts is shown, and how another is opened: cross, or isolated to one market.

import { useConnection } from '../chain/context';
import { AccountKind } from '../chain/kinds';
import { smallNumber } from '../format/text';
import { session, useSession } from '../wallet/store';
import { type OwnedAccount, useOwnedAccounts } from './owned';

/** How an account is called where it is chosen. */
export function accountName({ data }: OwnedAccount, symbolOf: (market: number) => string): string {
    const kind =
        data.state.kind === AccountKind.Isolated ? `isolated to ${symbolOf(data.state.isolatedMarket)}` : 'cross';
    return `Account ${data.subAccount} · ${kind}`;
}

/** The lowest number that no account of the owner's has. */
export function freeNumber(accounts: readonly OwnedAccount[]): number {
    let number = 0;
    while (accounts.some(({ data }) => data.subAccount === number)) number += 1;
    return number;
}

export function AccountSelect() {
    const { directory } = useConnection();
    const accounts = useOwnedAccounts() ?? [];
    const shown = useSession((state) => state.subAccount);
    const symbolOf = (market: number) =>
        directory.markets.find(({ index }) => index === market)?.symbol ?? `market ${market}`;
    if (accounts.length === 0) return null;
    const isNew = !accounts.some(({ data }) => data.subAccount === shown);
    return (
        <select
            className="select"
            aria-label="Margin account"
            value={shown}
            onChange={(event) => session.setState({ subAccount: smallNumber(event.target.value) })}
        >
            {accounts.map((account) => (
                <option key={account.data.subAccount} value={account.data.subAccount}>
                    {accountName(account, symbolOf)}
                </option>
            ))}
            {isNew && <option value={shown}>Account {shown} · not opened</option>}
        </select>
    );
}
