// One record as its page sees it: fetched, kept right by what is heard of it, gone when it was deleted.
import { ApiError } from '$lib/api/http';
import type { Change, StreamEvent } from '$lib/api/types';
import { live } from './live.svelte';
import { Loaded } from './loaded.svelte';
import { Pace } from './pace';

const PACE_MS = 300;

export class One<T> extends Loaded<T> {
  deleted = $state(false);
  readonly #pace = new Pace(() => void this.#fetch(), PACE_MS);

  constructor(readonly fetchIt: () => Promise<T>) {
    super();
  }

  readonly reload = (): void => {
    this.#pace.now();
  };

  heard(change: Change): void {
    if (change === 'deleted') this.gone();
    else if (!this.deleted) this.#pace.soon();
  }

  /** It is known to be deleted: there is nothing to ask for any more. */
  gone(): void {
    this.stop();
    this.deleted = true;
  }

  stop(): void {
    this.#pace.stop();
  }

  async #fetch(): Promise<void> {
    await this.load(this.fetchIt);
    if (this.error instanceof ApiError && this.error.status === 404) this.gone();
  }
}

/** For a component's start: follows the record until the component's end. `concerns` says what an event means for it. */
export function one<T>(fetchIt: () => Promise<T>, concerns: (event: StreamEvent) => Change | null): One<T> {
  const record = new One(fetchIt);
  record.reload();
  $effect(() => {
    const stop = live.on((event) => {
      if (event.type === 'resync') record.reload();
      const change = concerns(event);
      if (change !== null) record.heard(change);
    });
    return () => {
      stop();
      record.stop();
    };
  });
  return record;
}
