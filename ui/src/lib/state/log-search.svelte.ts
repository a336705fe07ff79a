// Finding text in a log that may still grow: all matching rows, and which of them is looked at.
// Ten megabytes are searched in slices, so that the page answers meanwhile; what is found shows as it is found.
import type { Lines } from '$lib/log/lines';
import { Breath } from './breath';

/** How often what is found is told while more is looked for. */
const TELL_EVERY_MS = 100;
/** Rows between two looks at the clock: of the longest rows some megabytes. */
const ROWS_AT_ONCE = 256;

export class LogSearch {
  needle = $state('');
  found = $state.raw<number[]>([]);
  /** While there is more to look through. */
  busy = $state(false);
  at = $state(0);
  readonly current: number = $derived(this.found[this.at] ?? -1);
  #lines: Lines | null = null;
  #wanted = '';
  /** Matches so far, and the first row that was not looked at. */
  #hits: number[] = [];
  #next = 0;
  #turn = 0;

  /** Brings the matches up to date. Calls back at the first match of a new search. */
  update(lines: Lines, needle: string, onfirst: () => void): void {
    const fresh = this.#lines !== lines || this.#wanted !== needle;
    if (fresh) {
      this.#lines = lines;
      this.#wanted = needle;
      this.#hits = [];
      this.#next = 0;
      this.found = [];
      this.at = 0;
      this.#turn += 1;
      this.busy = false;
    }
    if (needle === '' || this.busy) return;
    void this.#look(lines, needle, this.#turn, fresh ? onfirst : null);
  }

  move(step: number): void {
    const many = this.found.length;
    if (many > 0) this.at = (this.at + step + many) % many;
  }

  async #look(lines: Lines, needle: string, turn: number, onfirst: (() => void) | null): Promise<void> {
    // The last row may have grown since.
    const from = Math.max(0, this.#next - 1);
    while ((this.#hits.at(-1) ?? -1) >= from) this.#hits.pop();
    this.#next = from;
    this.busy = true;
    const breath = new Breath();
    let tellFirst = onfirst;
    let toldMs = performance.now();
    const tell = () => {
      toldMs = performance.now();
      this.found = this.#hits.slice();
      if (this.#hits.length > 0) {
        tellFirst?.();
        tellFirst = null;
      }
    };
    // More may come while it is looked through.
    while (this.#next < lines.rows) {
      const end = Math.min(lines.rows, this.#next + ROWS_AT_ONCE);
      for (const row of lines.find(needle, this.#next, end)) this.#hits.push(row);
      this.#next = end;
      if (!breath.isDue) continue;
      if (performance.now() - toldMs > TELL_EVERY_MS || (tellFirst !== null && this.#hits.length > 0)) tell();
      await breath.take();
      if (turn !== this.#turn) {
        breath.end();
        return;
      }
    }
    breath.end();
    this.busy = false;
    tell();
  }
}
