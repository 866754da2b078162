import { useState } from 'react';

/** A signature or an address, short; a press copies the whole. */
export function Short({ text, label }: { text: string; label: string }) {
    const [copied, setCopied] = useState(false);
    return (
        <button
            type="button"
            className="mono muted"
            title={text}
            aria-label={`Copy ${label} ${text}`}
            onClick={() => {
                void navigator.clipboard?.writeText(text);
                setCopied(true);
                setTimeout(() => setCopied(false), 1_200);
            }}
        >
            {copied ? 'copied' : `${text.slice(0, 4)}…${text.slice(-4)}`}
        </button>
    );
}
