// Light or dark: what the reader chose, else what the system says.
import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';

export type Theme = 'dark' | 'light';
const KEY = 'theme';

function initial(): Theme {
    const chosen = localStorage.getItem(KEY);
    if (chosen === 'dark' || chosen === 'light') return chosen;
    return matchMedia('(prefers-color-scheme: light)').matches ? 'light' : 'dark';
}

const store = createStore<{ theme: Theme }>(() => ({ theme: initial() }));

function show({ theme }: { theme: Theme }): void {
    document.documentElement.dataset.theme = theme;
}

show(store.getState());
store.subscribe(show);

export function useThemeName(): Theme {
    return useStore(store, (state) => state.theme);
}

export function toggleTheme(): void {
    const theme = store.getState().theme === 'dark' ? 'light' : 'dark';
    localStorage.setItem(KEY, theme);
    store.setState({ theme });
}
