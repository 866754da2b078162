// A stop and a target for a position that is open already, of which a fill of one cancels the other.
import type { PositionView } from '@perp-swap/client/engine';
import { useState } from 'react';
import type { OwnedAccount } from '../accounts/owned';
import { useClock, useConnection } from '../chain/context';
import type { MarketEntry } from '../chain/directory';
import { usePlacement, useWorld } from '../engine/hooks';
import { formatPrice } from '../format/units';
import { useRestingOrders } from '../orders/resting';
import { useSettings } from '../shell/settings';
import { Refused } from '../ticket/receipt';
import { EMPTY_TICKET } from '../ticket/state';
import { freeGroup, placedOrder, protection } from '../ticket/terms';
import { useBusy } from '../transactions/store';
import { useSend } from '../transactions/use-send';
import { placeWish } from '../transactions/wishes';
import { Dialog } from '../ui/dialog';
import { NumberField } from '../ui/field';

interface ProtectDialogProps {
    position: PositionView;
    entry: MarketEntry;
    account: OwnedAccount;
    onClose: () => void;
}

export function ProtectDialog({ position, entry, account, onClose }: ProtectDialogProps) {
    const { directory } = useConnection();
    const { now } = useClock();
    const tolerance = useSettings((state) => state.tolerance);
    const groups = useRestingOrders(account).map(({ order }) => order.group);
    const [stop, setStop] = useState('');
    const [target, setTarget] = useState('');
    const busy = useBusy();
    const send = useSend();
    const { scale } = entry;
    const side = position.size > 0n ? 'long' : 'short';
    const terms = protection({ ...EMPTY_TICKET, stop, target }, side, {
        engine: useWorld(),
        scale,
        indexPrice: position.price,
        now,
        tolerance,
        group: freeGroup(groups),
    });
    const orders = terms.orders ?? [];
    const placement = usePlacement(entry, account.address, { cancel: 0n }, orders.map(placedOrder));
    const refusal = placement?.refusal ?? null;
    const ready = orders.length > 0 && refusal === null && !busy;
    return (
        <Dialog title={`Protect ${entry.symbol}`} onClose={onClose}>
            <form
                className="rows"
                onSubmit={(event) => {
                    event.preventDefault();
                    if (!ready) return;
                    const wish = placeWish(
                        directory,
                        entry,
                        account,
                        { cancel: [], orders },
                        `Protect ${entry.symbol}`,
                    );
                    void send(wish).then((done) => done && onClose());
                }}
            >
                <div className="two">
                    <NumberField label="Stop" value={stop} onChange={setStop} unit="USDC" autoFocus />
                    <NumberField label="Target" value={target} onChange={setTarget} unit="USDC" />
                </div>
                {terms.problem !== null && <p className="short">{terms.problem}</p>}
                <p className="muted">
                    For all of the position, whatever its size is by then. It was entered at{' '}
                    {formatPrice(position.entryPrice, scale)}; the index is {formatPrice(position.price, scale)}. A fill
                    of one cancels the other. Both stand on the chart then, where they can be moved.
                </p>
                {refusal && <Refused refusal={refusal} mend={null} />}
                <button type="submit" className="button button-primary button-wide" disabled={!ready}>
                    {busy ? 'A transaction is under way' : 'Place them'}
                </button>
            </form>
        </Dialog>
    );
}
