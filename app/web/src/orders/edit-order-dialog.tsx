// An order with another price: the old one is cancelled and the new one placed, in one instruction.
import { type OrderTerms, parsePrice, type RestingOrder } from '@perp-swap/client';
import { useState } from 'react';
import type { OwnedAccount } from '../accounts/owned';
import { useConnection } from '../chain/context';
import { formatPrice, readTyped } from '../format/units';
import { useBusy } from '../transactions/store';
import { useSend } from '../transactions/use-send';
import { placeWish } from '../transactions/wishes';
import { Dialog } from '../ui/dialog';
import { NumberField } from '../ui/field';
import { kindOf, type Resting } from './resting';

/** The terms of a resting order with another trigger; a limit's bound goes with it. */
export function movedTerms(order: RestingOrder, triggerPrice: bigint): OrderTerms {
    const isLimit = order.acceptablePrice === order.triggerPrice;
    return {
        size: order.size,
        trigger: order.trigger as OrderTerms['trigger'],
        triggerPrice,
        trailing: order.trailing,
        acceptablePrice: isLimit ? triggerPrice : order.acceptablePrice,
        reduceOnly: order.reduceOnly === 1,
        activeFrom: 0n,
        expires: order.expires,
        slices: order.slices,
        secondsBetween: order.secondsBetween,
        group: order.group,
        parent: 0,
        lamports: order.lamports,
    };
}

interface EditOrderDialogProps {
    account: OwnedAccount;
    resting: Resting;
    /** The price it was dragged to. */
    price?: string;
    onClose: () => void;
}

export function EditOrderDialog({ account, resting, price, onClose }: EditOrderDialogProps) {
    const { directory } = useConnection();
    const { order, place } = resting;
    const entry = directory.markets.find(({ index }) => index === order.market) ?? directory.markets[0]!;
    const [text, setText] = useState(price ?? formatPrice(order.triggerPrice, entry.scale).replaceAll(',', ''));
    const typed = readTyped(text, (plain) => parsePrice(plain, entry.scale));
    const busy = useBusy();
    const send = useSend();
    const ready = typed.value !== null && !busy;
    return (
        <Dialog title={`Move ${kindOf(order).toLowerCase()} ${order.number}`} onClose={onClose}>
            <form
                className="rows"
                onSubmit={(event) => {
                    event.preventDefault();
                    if (typed.value === null || busy) return;
                    const placement = { cancel: [place], orders: [movedTerms(order, typed.value)] };
                    void send(placeWish(directory, entry, account, placement, `Move order ${order.number}`)).then(
                        (done) => done && onClose(),
                    );
                }}
            >
                <NumberField
                    label="Price"
                    value={text}
                    onChange={setText}
                    unit="USDC"
                    problem={typed.problem}
                    autoFocus
                />
                <p className="muted">
                    It was {formatPrice(order.triggerPrice, entry.scale)}. Orders that sleep for it go with it.
                </p>
                <button type="submit" className="button button-primary button-wide" disabled={!ready}>
                    {busy ? 'A transaction is under way' : 'Move it'}
                </button>
            </form>
        </Dialog>
    );
}
