// Cash in, cash out, and from one account to another, in one dialog. What can be taken out is the engine's answer.
import { parseAtoms } from '@perp-swap/client';
import { type ReactNode, useState } from 'react';
import { useAccount, useConnection } from '../chain/context';
import { readTokenBalance } from '../chain/decoded';
import { useAccountView } from '../engine/hooks';
import { ruleText } from '../engine/refusal';
import { smallNumber } from '../format/text';
import { formatMoney, readTyped, typable } from '../format/units';
import { useBusy } from '../transactions/store';
import { useSend } from '../transactions/use-send';
import { depositWish, moveWish, withdrawWish } from '../transactions/wishes';
import { Dialog } from '../ui/dialog';
import { NumberField } from '../ui/field';
import { Segments } from '../ui/segments';
import { Row } from '../ui/stat';
import { useSession } from '../wallet/store';
import { accountName, freeNumber } from './account-select';
import { type OwnedAccount, useOwnedAccounts, useShownAccount, useTokenAccounts } from './owned';

export type TransferKind = 'deposit' | 'withdraw' | 'move';

interface AmountFormProps {
    label: string;
    /** The largest amount there can be; null where it is not known. */
    largest: bigint | null;
    /** Where the largest amount comes from. */
    why: ReactNode;
    action: string;
    onSend: (amount: bigint) => Promise<boolean>;
    onDone: () => void;
}

function AmountForm({ label, largest, why, action, onSend, onDone }: AmountFormProps) {
    const { quoteDecimals } = useConnection().directory;
    const busy = useBusy();
    const [text, setText] = useState('');
    const typed = readTyped(text, (plain) => parseAtoms(plain, quoteDecimals));
    const tooMuch =
        typed.value !== null && largest !== null && typed.value > largest
            ? `More than the largest possible, ${formatMoney(largest, quoteDecimals)}.`
            : null;
    const problem = typed.problem ?? tooMuch;
    const ready = typed.value !== null && typed.value > 0n && problem === null && !busy;
    return (
        <form
            className="rows"
            onSubmit={(event) => {
                event.preventDefault();
                if (ready && typed.value !== null) void onSend(typed.value).then((done) => done && onDone());
            }}
        >
            <NumberField
                label={label}
                value={text}
                onChange={setText}
                unit="USDC"
                placeholder="0.00"
                problem={problem}
                autoFocus
                hint={
                    largest !== null && (
                        <button
                            type="button"
                            className="button button-small button-quiet"
                            onClick={() => setText(typable(largest, quoteDecimals))}
                        >
                            Largest {formatMoney(largest, quoteDecimals)}
                        </button>
                    )
                }
            />
            <dl className="rows muted">{why}</dl>
            <button type="submit" className="button button-primary button-wide" disabled={!ready}>
                {busy ? 'A transaction is under way' : action}
            </button>
        </form>
    );
}

function DepositForm({ account, onDone }: { account: OwnedAccount | null; onDone: () => void }) {
    const { directory } = useConnection();
    const number = useSession((state) => state.subAccount);
    const { tokens } = useTokenAccounts();
    const wallet = readTokenBalance(useAccount(tokens));
    const send = useSend();
    const [market, setMarket] = useState('');
    const isolatedMarket = market === '' ? undefined : smallNumber(market);
    return (
        <>
            {account === null && (
                <div className="field">
                    <label htmlFor="kind-of-account">Kind of the new account</label>
                    <select
                        id="kind-of-account"
                        className="select"
                        value={market}
                        onChange={(event) => setMarket(event.target.value)}
                    >
                        <option value="">Cross: all positions share the collateral</option>
                        {directory.markets.map(({ index, symbol }) => (
                            <option key={index} value={index}>
                                Isolated to {symbol}: loses no more than what is in it
                            </option>
                        ))}
                    </select>
                </div>
            )}
            <AmountForm
                label="Amount"
                largest={wallet}
                why={<Row label="In your wallet">{formatMoney(wallet, directory.quoteDecimals)}</Row>}
                action={account === null ? `Open account ${number} and deposit` : 'Deposit'}
                onSend={(amount) =>
                    send(depositWish(directory, { account, subAccount: number, isolatedMarket }, amount))
                }
                onDone={onDone}
            />
        </>
    );
}

/** What keeps cash in an account, in rows. */
function WithdrawalReasons({ account }: { account: OwnedAccount }) {
    const { quoteDecimals } = useConnection().directory;
    const answer = useAccountView(account.address);
    return (
        <>
            <Row label="Cash">{formatMoney(account.data.state.balance, quoteDecimals)}</Row>
            {answer && answer.health.initialMargin > 0n && (
                <>
                    <Row label="Equity at adverse prices" title="Profit counts for nothing until it is cash">
                        {formatMoney(answer.health.adverseEquity, quoteDecimals)}
                    </Row>
                    <Row label="Initial margin that must stay">
                        {formatMoney(answer.health.initialMargin, quoteDecimals)}
                    </Row>
                </>
            )}
            {answer && <Row label="What keeps more from it">{ruleText(answer.withdrawalCode)}</Row>}
        </>
    );
}

function WithdrawForm({ account, onDone }: { account: OwnedAccount; onDone: () => void }) {
    const { directory } = useConnection();
    const answer = useAccountView(account.address);
    const send = useSend();
    return (
        <AmountForm
            label="Amount"
            largest={answer?.largestWithdrawal ?? null}
            why={<WithdrawalReasons account={account} />}
            action="Withdraw to your wallet"
            onSend={(amount) => send(withdrawWish(directory, account, amount))}
            onDone={onDone}
        />
    );
}

function MoveForm({ account, onDone }: { account: OwnedAccount; onDone: () => void }) {
    const { directory } = useConnection();
    const accounts = useOwnedAccounts() ?? [];
    const answer = useAccountView(account.address);
    const send = useSend();
    const others = accounts.filter(({ address }) => address !== account.address);
    const fresh = freeNumber(accounts);
    const [target, setTarget] = useState(`${others[0]?.data.subAccount ?? fresh}`);
    const [number = '0', market] = target.split(':');
    const subAccount = smallNumber(number);
    const existing = others.find(({ data }) => data.subAccount === subAccount);
    const symbolOf = (index: number) => directory.markets.find((entry) => entry.index === index)?.symbol ?? `${index}`;
    return (
        <>
            <div className="field">
                <label htmlFor="target-account">To</label>
                <select
                    id="target-account"
                    className="select"
                    value={target}
                    onChange={(event) => setTarget(event.target.value)}
                >
                    {others.map((other) => (
                        <option key={other.address} value={other.data.subAccount}>
                            {accountName(other, symbolOf)}
                        </option>
                    ))}
                    <option value={fresh}>New account {fresh} · cross</option>
                    {directory.markets.map(({ index, symbol }) => (
                        <option key={index} value={`${fresh}:${index}`}>
                            New account {fresh} · isolated to {symbol}
                        </option>
                    ))}
                </select>
            </div>
            <AmountForm
                label="Amount"
                largest={answer?.largestWithdrawal ?? null}
                why={<WithdrawalReasons account={account} />}
                action="Move margin"
                onSend={(amount) =>
                    send(
                        moveWish(
                            directory,
                            account,
                            {
                                address: existing?.address ?? null,
                                subAccount,
                                isolatedMarket: market === undefined ? undefined : smallNumber(market),
                            },
                            amount,
                        ),
                    )
                }
                onDone={onDone}
            />
        </>
    );
}

const KINDS = [
    { value: 'deposit', label: 'Deposit' },
    { value: 'withdraw', label: 'Withdraw' },
    { value: 'move', label: 'Move' },
] as const;

export function TransferDialog({ kind: first, onClose }: { kind: TransferKind; onClose: () => void }) {
    const [kind, setKind] = useState<TransferKind>(first);
    const account = useShownAccount();
    return (
        <Dialog title="Transfer" onClose={onClose}>
            <Segments label="What to do" choices={KINDS} value={kind} onChange={setKind} />
            {kind === 'deposit' ? (
                <DepositForm account={account} onDone={onClose} />
            ) : account === null ? (
                <p className="empty">This account is not opened yet. A deposit opens it.</p>
            ) : kind === 'withdraw' ? (
                <WithdrawForm account={account} onDone={onClose} />
            ) : (
                <MoveForm account={account} onDone={onClose} />
            )}
        </Dialog>
    );
}
