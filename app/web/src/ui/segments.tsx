import { useId } from 'react';

export interface Choice<T extends string> {
    value: T;
    label: string;
    className?: string;
}

interface SegmentsProps<T extends string> {
    label: string;
    choices: readonly Choice<T>[];
    value: T;
    onChange: (value: T) => void;
}

/** One of a few choices, side by side: radio buttons, so that arrow keys move between them. */
export function Segments<T extends string>({ label, choices, value, onChange }: SegmentsProps<T>) {
    const name = useId();
    return (
        <fieldset>
            <legend className="sr-only">{label}</legend>
            <div className="segments">
                {choices.map((choice) => (
                    <label key={choice.value} className={choice.className}>
                        <input
                            type="radio"
                            name={name}
                            value={choice.value}
                            checked={choice.value === value}
                            onChange={() => onChange(choice.value)}
                        />
                        {choice.label}
                    </label>
                ))}
            </div>
        </fieldset>
    );
}
