const PATHS = {
    close: 'M5 5l10 10M15 5L5 15',
    sun: 'M10 3v2M10 15v2M3 10h2M15 10h2M5 5l1.5 1.5M13.5 13.5L15 15M15 5l-1.5 1.5M6.5 13.5L5 15M10 7a3 3 0 100 6 3 3 0 000-6z',
    moon: 'M16 11.5A6.5 6.5 0 118.5 4a5 5 0 007.5 7.5z',
    gear: 'M4 6h12M4 10h12M4 14h12M8 4v4M13 8v4M7 12v4',
    up: 'M10 15V5M5.5 9.5L10 5l4.5 4.5',
    down: 'M10 5v10M5.5 10.5L10 15l4.5-4.5',
    eye: 'M2.5 10S5 5 10 5s7.5 5 7.5 5-2.5 5-7.5 5-7.5-5-7.5-5zM10 8a2 2 0 100 4 2 2 0 000-4z',
    link: 'M8 5H5v10h10v-3M11 4h5v5M16 4l-7 7',
    check: 'M4.5 10.5l3.5 3.5 7.5-8',
    cross: 'M6 6l8 8M14 6l-8 8',
    warn: 'M10 3.5l7.5 13h-15zM10 8v4M10 14.2v.3',
    chevron: 'M6 8l4 4 4-4',
} as const;

export type IconName = keyof typeof PATHS;

/** An ornament beside text that says the same, or inside a button with a label. */
export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
    return (
        <svg width={size} height={size} viewBox="0 0 20 20" fill="none" aria-hidden="true" focusable="false">
            <path
                d={PATHS[name]}
                stroke="currentColor"
                strokeWidth="1.7"
                strokeLinecap="round"
                strokeLinejoin="round"
            />
        </svg>
    );
}
