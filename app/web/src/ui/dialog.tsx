import { type ReactNode, useEffect, useId, useRef } from 'react';
import { Icon } from './icon';

interface DialogProps {
    title: string;
    wide?: boolean;
    onClose: () => void;
    children: ReactNode;
}

/** A modal dialog of the browser's own: it keeps the focus, ends with Escape and gives the focus back. */
export function Dialog({ title, wide, onClose, children }: DialogProps) {
    const dialog = useRef<HTMLDialogElement>(null);
    const heading = useId();
    useEffect(() => {
        const element = dialog.current;
        if (!element || element.open) return;
        element.showModal();
        // The browser would begin with the button that closes it.
        element.querySelector<HTMLElement>('[data-autofocus]')?.focus();
    }, []);
    return (
        <dialog
            ref={dialog}
            className={wide ? 'dialog dialog-wide' : 'dialog'}
            aria-labelledby={heading}
            onClose={onClose}
            onPointerDown={(event) => {
                if (event.target === dialog.current) onClose();
            }}
        >
            <div className="dialog-head">
                <h2 id={heading}>{title}</h2>
                <button type="button" className="icon-button" aria-label="Close" onClick={onClose}>
                    <Icon name="close" />
                </button>
            </div>
            <div className="dialog-body">{children}</div>
        </dialog>
    );
}
