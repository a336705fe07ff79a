// What a CRON text means while it is typed: asked of the server, which is who runs it, when the typing pauses.
import { scheduleMeaning } from '$lib/api/events';
import type { ScheduleMeaning } from '$lib/api/types-events';
import { Loaded } from './loaded.svelte';
import { Pace } from './pace';

/** Between two keys, so that half a number is not called wrong. */
const PAUSE_MS = 250;
/** The next runs move on when the first of them is past; where the clocks differ that is asked no more often than this. */
const AGAIN_MS = 5000;

export class MeantSchedule {
  readonly found = new Loaded<ScheduleMeaning>();
  #text = $state('');
  /** What `found` is about. */
  #asked = $state('');
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** What is shown until the answer to a change of the text is there. */
  readonly last: ScheduleMeaning | null = $derived.by(() => (this.#text === '' ? null : this.found.value));
  readonly #again = new Pace(() => void this.#ask(), AGAIN_MS);

  /** Of the text as it stands; null while that is not known, and of no text. */
  readonly meaning: ScheduleMeaning | null = $derived.by(() => (this.#text !== '' && this.#asked === this.#text ? this.found.value : null));

  /** The text is that now. */
  typed(text: string): void {
    const isFirst = this.#asked === '';
    this.#text = text.trim();
    clearTimeout(this.#timer);
    // While another one is on its way, its answer would be the last.
    if (this.#text === '' || (this.#text === this.#asked && !this.found.busy)) return;
    this.#timer = setTimeout(() => void this.#ask(), isFirst ? 0 : PAUSE_MS);
  }

  /** Time has passed. */
  tick(nowMs: number): void {
    const next = this.meaning?.next[0];
    if (next !== undefined && next <= nowMs) this.#again.soon();
  }

  readonly retry = (): void => {
    void this.#ask();
  };

  stop(): void {
    clearTimeout(this.#timer);
    this.#again.stop();
  }

  async #ask(): Promise<void> {
    const text = this.#text;
    if (text === '') return;
    await this.found.load(() => scheduleMeaning(text));
    if (!this.found.busy && this.found.error === null) this.#asked = text;
  }
}
