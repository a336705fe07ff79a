// Finding text in a log that may still grow: all matching rows, and which of them is looked at.
import type { Lines } from '$lib/log/lines';

export class LogSearch {
  needle = $state('');
  found = $state.raw<number[]>([]);
  at = $state(0);
  readonly current: number = $derived(this.found[this.at] ?? -1);
  // Where the last search ended, so that new output is searched and not all of it again.
  #done: { lines: Lines | null; needle: string; rows: number } = { lines: null, needle: '', rows: 0 };

  /** Brings the matches up to date; true when they are those of a new search. */
  update(lines: Lines, needle: string): boolean {
    const fresh = this.#done.lines !== lines || this.#done.needle !== needle;
    if (fresh) {
      this.found = lines.find(needle);
      this.at = 0;
    } else if (needle !== '' && lines.rows > 0) {
      // The last row may have grown since.
      const from = Math.max(0, this.#done.rows - 1);
      const kept = this.found.filter((row) => row < from);
      this.found = [...kept, ...lines.find(needle, from)];
    }
    this.#done = { lines, needle, rows: lines.rows };
    return fresh && needle !== '';
  }

  move(step: number): void {
    const many = this.found.length;
    if (many > 0) this.at = (this.at + step + many) % many;
  }
}
