// One page of a list that keeps itself right: fetched again when what it depends on changes, and after news of it.
import type { Page, StreamEvent } from '$lib/api/types';
import { live } from './live.svelte';
import { Loaded } from './loaded.svelte';
import { Pace } from './pace';

/** Rows on a page. */
export const PAGE_SIZE = 25;
const PACE_MS = 1000;

export class Listed<Row> extends Loaded<Page<Row>> {
  readonly #pace = new Pace(() => void this.load(this.fetchPage), PACE_MS);

  constructor(readonly fetchPage: () => Promise<Page<Row>>) {
    super();
  }

  readonly reload = (): void => {
    this.#pace.now();
  };

  /** After news that may be one of many. */
  soon(): void {
    this.#pace.soon();
  }

  stop(): void {
    this.#pace.stop();
  }
}

/** For a component's start: follows the state that `fetchPage` reads, and the events that concern it, until the component's end. */
export function listed<Row>(fetchPage: () => Promise<Page<Row>>, concerns: (event: StreamEvent) => boolean): Listed<Row> {
  const list = new Listed(fetchPage);
  $effect(() => {
    list.reload();
    return () => {
      list.stop();
    };
  });
  $effect(() =>
    live.on((event) => {
      if (event.type === 'resync') list.reload();
      else if (concerns(event)) list.soon();
    }),
  );
  return list;
}
