// Light, dark or what the system says; remembered. Applied on import, before the first paint of the page's own.
import { recall, remember } from '$lib/backend/web';

export type Theme = 'system' | 'light' | 'dark';

function parse(text: string | null): Theme {
  return text === 'light' || text === 'dark' ? text : 'system';
}

function apply(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
}

class ThemeChoice {
  #current = $state<Theme>(parse(recall('theme')));

  constructor() {
    apply(this.#current);
  }

  get current(): Theme {
    return this.#current;
  }

  set current(theme: Theme) {
    this.#current = theme;
    apply(theme);
    remember('theme', theme === 'system' ? null : theme);
  }
}

export const theme = new ThemeChoice();
