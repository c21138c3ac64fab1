import { Store } from '../graphql/store';

/** Dark unless one chooses otherwise: images are read in dark rooms. `device` follows the phone's own setting. */
export type Appearance = 'dark' | 'light' | 'device';

const KEY = 'hilum-appearance';
const LIGHT = matchMedia('(prefers-color-scheme: light)');
/** Of the browser's own bars; the same as --ground of each theme. */
const GROUNDS = { dark: '#0b0f14', light: '#f3f6f8' } as const;

export const appearance = new Store<Appearance>(kept());

/** Once an app, before anything is drawn. */
export function followAppearance(): void {
  const show = () => {
    const theme = themeOf(appearance.value, LIGHT.matches);
    document.documentElement.dataset.theme = theme;
    document.querySelector('meta[name="theme-color"]')?.setAttribute('content', GROUNDS[theme]);
  };
  show();
  LIGHT.addEventListener('change', show);
  appearance.follow((chosen) => {
    show();
    try {
      localStorage.setItem(KEY, chosen);
    } catch {
      // A browser that keeps nothing shows the choice until it is closed.
    }
  });
}

export function themeOf(chosen: Appearance, deviceIsLight: boolean): 'dark' | 'light' {
  if (chosen === 'device') return deviceIsLight ? 'light' : 'dark';
  return chosen;
}

function kept(): Appearance {
  try {
    const value = localStorage.getItem(KEY);
    return value === 'light' || value === 'device' ? value : 'dark';
  } catch {
    return 'dark';
  }
}
