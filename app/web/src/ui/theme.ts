// Light or dark: what the reader chose, else what the system says.
import { useEffect, useState } from 'react';

export type Theme = 'dark' | 'light';
const KEY = 'theme';

function initial(): Theme {
    const chosen = localStorage.getItem(KEY);
    if (chosen === 'dark' || chosen === 'light') return chosen;
    return matchMedia('(prefers-color-scheme: light)').matches ? 'light' : 'dark';
}

export function useTheme(): [Theme, () => void] {
    const [theme, setTheme] = useState(initial);
    useEffect(() => {
        document.documentElement.dataset.theme = theme;
    }, [theme]);
    const toggle = () => {
        const other = theme === 'dark' ? 'light' : 'dark';
        localStorage.setItem(KEY, other);
        setTheme(other);
    };
    return [theme, toggle];
}
