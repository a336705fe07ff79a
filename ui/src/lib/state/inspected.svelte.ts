// A folder on the server's machine as it is being typed: looked into when the typing pauses.
import { inspectFolder } from '$lib/api/code';
import type { FoundFunction, Inspected } from '$lib/api/types-code';
import { isAbsolute } from '$lib/format/paths';
import { Loaded } from './loaded.svelte';

/** Longer than between two keys, shorter than patience. */
const PAUSE_MS = 400;

export class InspectedFolder {
  path = $state('');
  /** Which of its functions, by their order; null where nobody has chosen. */
  chosen = $state<number | null>(null);
  readonly found = new Loaded<Inspected>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** What was asked for last. */
  #asked = '';

  /** `functionId`: the function that it is for, where there is one. */
  constructor(readonly functionId: string | null = null) {}

  /** The function that is meant; null until it is known. */
  readonly meant: FoundFunction | null = $derived.by(() => {
    if (this.found.value === null) return null;
    const { functions } = this.found.value;
    const own = functions.findIndex(({ id }) => id !== null && id === this.functionId);
    return functions[this.chosen ?? Math.max(0, own)] ?? null;
  });

  /** Whether the path is known to be a folder that can be linked. */
  get ready(): boolean {
    return this.found.value !== null && this.#asked === this.path.trim() && !this.found.busy;
  }

  typed(path: string): void {
    this.path = path;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.look(), PAUSE_MS);
  }

  /** Looks into it, unless that was done. */
  async look(): Promise<void> {
    clearTimeout(this.#timer);
    const path = this.path.trim();
    // What went wrong may have been mended meanwhile.
    if (path === this.#asked && this.found.error === null) return;
    this.#asked = path;
    this.found.value = null;
    this.found.error = null;
    this.chosen = null;
    if (path === '') return;
    await this.found.load(() =>
      isAbsolute(path) ? inspectFolder(path) : Promise.reject(new Error(`The whole path is needed, from / on: ${path} could be anywhere.`)),
    );
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
