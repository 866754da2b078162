import { isAddress } from '@solana/kit';
import { useState } from 'react';
import { Dialog } from '../ui/dialog';
import { NumberField } from '../ui/field';
import { Icon } from '../ui/icon';
import { connectWallet, disconnectWallet, session, useOfferedWallets, useSession } from '../wallet/store';

export function shortAddress(address: string): string {
    return `${address.slice(0, 4)}…${address.slice(-4)}`;
}

export function WalletDialog({ onClose }: { onClose: () => void }) {
    const offered = useOfferedWallets();
    const account = useSession((state) => state.account);
    const watched = useSession((state) => state.watched);
    const [typed, setTyped] = useState('');
    const [failure, setFailure] = useState<string | null>(null);
    const watch = (address: string) => {
        if (!isAddress(address)) return setFailure(`${address || 'Nothing'} is not an address.`);
        session.setState({ watched: address, subAccount: 0 });
        onClose();
    };
    return (
        <Dialog title={account ? 'Wallet' : 'Connect a wallet'} onClose={onClose}>
            {account ? (
                <>
                    <p className="mono">{account.address}</p>
                    <div className="buttons">
                        <button
                            type="button"
                            className="button"
                            onClick={() => navigator.clipboard.writeText(account.address)}
                        >
                            Copy address
                        </button>
                        <button
                            type="button"
                            className="button"
                            onClick={() => {
                                void disconnectWallet();
                                onClose();
                            }}
                        >
                            Disconnect
                        </button>
                    </div>
                </>
            ) : offered.length === 0 ? (
                <p className="muted">
                    This browser offers no Solana wallet. Install one that speaks the Wallet Standard, or watch any
                    address below: everything but signing works without a wallet.
                </p>
            ) : (
                <ul className="rows">
                    {offered.map((wallet) => (
                        <li key={wallet.name}>
                            <button
                                type="button"
                                className="button button-wide"
                                onClick={() =>
                                    connectWallet(wallet).then(onClose, (error: unknown) =>
                                        setFailure(error instanceof Error ? error.message : String(error)),
                                    )
                                }
                            >
                                <img src={wallet.icon} width={18} height={18} alt="" />
                                {wallet.name}
                            </button>
                        </li>
                    ))}
                </ul>
            )}
            <form
                className="rows"
                onSubmit={(event) => {
                    event.preventDefault();
                    watch(typed.trim());
                }}
            >
                <NumberField
                    label="Watch any address"
                    value={typed}
                    onChange={setTyped}
                    placeholder="Owner's address"
                    inputMode="text"
                />
                <div className="buttons">
                    <button type="submit" className="button">
                        <Icon name="eye" /> Watch
                    </button>
                    {watched && (
                        <button
                            type="button"
                            className="button button-quiet"
                            onClick={() => {
                                session.setState({ watched: null, subAccount: 0 });
                                onClose();
                            }}
                        >
                            Stop watching
                        </button>
                    )}
                </div>
            </form>
            {failure && (
                <p className="short" role="alert">
                    {failure}
                </p>
            )}
        </Dialog>
    );
}

export function WalletButton() {
    const [open, setOpen] = useState(false);
    const account = useSession((state) => state.account);
    const watched = useSession((state) => state.watched);
    return (
        <>
            {watched && (
                <span className="badge badge-accent">
                    <Icon name="eye" size={13} /> {shortAddress(watched)}
                </span>
            )}
            <button
                type="button"
                className={account ? 'button' : 'button button-primary'}
                onClick={() => setOpen(true)}
                aria-haspopup="dialog"
            >
                {account ? shortAddress(account.address) : 'Connect'}
            </button>
            {open && <WalletDialog onClose={() => setOpen(false)} />}
        </>
    );
}
