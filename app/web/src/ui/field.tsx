import { type ReactNode, useId } from 'react';

interface NumberFieldProps {
    label: string;
    value: string;
    onChange: (value: string) => void;
    unit?: ReactNode;
    /** What is wrong with what is typed; read out, and shown below. */
    problem?: string | null;
    hint?: ReactNode;
    placeholder?: string;
    /** Whether a dialog begins with it. */
    autoFocus?: boolean;
    /** Which keys a phone offers; digits and a point where it is none. */
    inputMode?: 'decimal' | 'text';
}

/** A typed number. It stays text until the engine is asked: nothing rounds it. */
export function NumberField({
    label,
    value,
    onChange,
    unit,
    problem,
    hint,
    placeholder,
    autoFocus,
    inputMode = 'decimal',
}: NumberFieldProps) {
    const id = useId();
    const note = useId();
    return (
        <div className="field">
            <div className="label-row">
                <label htmlFor={id} className="label">
                    {label}
                </label>
                {hint}
            </div>
            <div className="input" data-invalid={problem ? 'true' : undefined}>
                <input
                    id={id}
                    type="text"
                    inputMode={inputMode}
                    autoComplete="off"
                    spellCheck={false}
                    data-autofocus={autoFocus || undefined}
                    value={value}
                    placeholder={placeholder}
                    aria-invalid={problem ? true : undefined}
                    aria-describedby={problem ? note : undefined}
                    onChange={(event) => onChange(event.target.value)}
                />
                {unit !== undefined && (typeof unit === 'string' ? <span className="unit">{unit}</span> : unit)}
            </div>
            {problem && (
                <p id={note} className="short">
                    {problem}
                </p>
            )}
        </div>
    );
}
