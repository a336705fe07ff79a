// The live stream of the project that is shown: connects, comes back after a loss, tells who listens.
// Every (re)connection is followed by `resync`, since what happened before it was not heard.
import { retryDelayMs } from '$lib/api/backoff';
import { streamPath } from '$lib/api/console';
import { proofHeaders } from '$lib/api/proof';
import type { StreamEvent } from '$lib/api/types';
import { openEvents } from '$lib/backend/web';
import { session } from './session.svelte';

type Listener = (event: StreamEvent) => void;

class Live {
  /** `lost` from the first failure until the next hello. */
  state = $state<'connecting' | 'on' | 'lost'>('connecting');
  /** When the next attempt starts; null while one is under way. */
  retryAtMs = $state<number | null>(null);
  readonly #listeners = new Set<Listener>();
  #project: string | null = null;
  #close: (() => void) | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #attempt = 0;

  /** Follows that project; returns what stops it. */
  follow(project: string): () => void {
    this.#project = project;
    this.state = 'connecting';
    this.#attempt = 0;
    this.#connect();
    return () => {
      this.#project = null;
      this.#drop();
    };
  }

  /** Calls back on every event until the returned function is called. */
  on(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  retryNow(): void {
    if (this.retryAtMs !== null) this.#connect();
  }

  #drop(): void {
    clearTimeout(this.#timer);
    this.#close?.();
    this.#close = null;
    this.retryAtMs = null;
  }

  #connect(): void {
    const project = this.#project;
    this.#drop();
    if (project === null) return;
    this.#close = openEvents(streamPath(project), proofHeaders(), {
      message: (data) => {
        this.#heard(data);
      },
      ended: () => {
        this.#close = null;
        this.state = 'lost';
        const delay = retryDelayMs(this.#attempt);
        this.#attempt += 1;
        this.retryAtMs = Date.now() + delay;
        this.#timer = setTimeout(() => {
          this.#connect();
        }, delay);
        // A stream ends without saying why: a session that is over must lead to the door, not to endless attempts.
        void session.check();
      },
    });
  }

  #heard(data: string): void {
    let event: StreamEvent;
    try {
      event = JSON.parse(data) as StreamEvent;
    } catch {
      // Not ours; reloading is always right.
      event = { type: 'resync' };
    }
    if (event.type === 'hello') {
      this.state = 'on';
      this.#attempt = 0;
      event = { type: 'resync' };
    }
    for (const listener of this.#listeners) listener(event);
  }
}

export const live = new Live();
