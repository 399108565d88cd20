// Light, dark, or as the system has it; remembered in this browser.

export type Theme = 'auto' | 'light' | 'dark';

const KEY = 'honeyguide.theme';
const NEXT: Record<Theme, Theme> = { auto: 'light', light: 'dark', dark: 'auto' };

export function storedTheme(): Theme {
  try {
    const stored = localStorage.getItem(KEY);
    return stored === 'light' || stored === 'dark' ? stored : 'auto';
  } catch {
    return 'auto'; // a private window forgets it
  }
}

export function applyTheme(theme: Theme): void {
  if (theme === 'auto') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // not remembered then
  }
}

export function nextTheme(theme: Theme): Theme {
  return NEXT[theme];
}
