// Short words about what happened out of sight: a copy that the palette made, an execution that ended on another page. What
// happens before one's eyes, and what went wrong with a form, is said where it is.

export interface Toast {
  key: number;
  words: string;
  tone: 'plain' | 'bad';
  /** What can be done about it. */
  act: { label: string; run: () => void } | null;
  /** Until somebody closes it. */
  stays: boolean;
}

/** At once: more than three are a list, which Activity is. */
const MOST = 3;

class Toasts {
  list = $state.raw<readonly Toast[]>([]);
  #next = 0;

  tell(words: string, { tone = 'plain', act = null, stays = false }: Partial<Omit<Toast, 'key' | 'words'>> = {}): void {
    this.#next += 1;
    // Said twice it is one, and new.
    const others = this.list.filter((toast) => toast.words !== words);
    this.list = [...others, { key: this.#next, words, tone, act, stays }].slice(-MOST);
  }

  drop(key: number): void {
    this.list = this.list.filter((toast) => toast.key !== key);
  }
}

export const toasts = new Toasts();
