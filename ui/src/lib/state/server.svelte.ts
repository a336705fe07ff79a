// What the rail shows of the server: its state, and how many functions, users, keys and webhooks the project has.
import { users } from '$lib/api/accounts';
import * as api from '$lib/api/console';
import type { ServerStatus, StreamEvent } from '$lib/api/types';
import { webhooks } from '$lib/api/webhooks';
import { live } from './live.svelte';
import { Loaded } from './loaded.svelte';
import { Pace } from './pace';
import { toasts } from './toasts.svelte';

export type Counted = 'functions' | 'users' | 'keys' | 'webhooks';

const COUNTS: Record<Counted, { event: StreamEvent['type']; ask: (project: string) => Promise<number> }> = {
  functions: { event: 'function', ask: async (project) => (await api.functionRows(project, { limit: 1 })).sum },
  users: { event: 'user', ask: async (project) => (await users(project, { limit: 1 })).sum },
  keys: { event: 'key', ask: async (project) => (await api.keys(project)).length },
  webhooks: { event: 'webhook', ask: async (project) => (await webhooks(project)).length },
};
const NONE: Record<Counted, number | null> = { functions: null, users: null, keys: null, webhooks: null };
/** Users may be made by the hundred. */
const PACE_MS = 1000;

class Server {
  readonly status = new Loaded<ServerStatus>();
  counts = $state.raw(NONE);

  /** That of the page, which came from the server of then. */
  #version: string | null = null;

  #compare(): void {
    const version = this.status.value?.version ?? null;
    if (this.#version !== null && version !== null && version !== this.#version) {
      toasts.tell(`The server is Drydock ${version} now; this page is of ${this.#version}`, { stays: true, act: { label: 'Reload', run: () => location.reload() } });
    }
    this.#version ??= version;
  }

  /** Keeps both right for that project; returns what stops it. */
  follow(project: string): () => void {
    this.counts = NONE;
    let stopped = false;
    const count = async (what: Counted) => {
      try {
        const number = await COUNTS[what].ask(project);
        if (!stopped) this.counts = { ...this.counts, [what]: number };
      } catch {
        // The list itself says what is wrong; a count is left as it was.
      }
    };
    const paces = (Object.keys(COUNTS) as Counted[]).map((what) => ({ event: COUNTS[what].event, pace: new Pace(() => void count(what), PACE_MS) }));
    const stop = live.on((event) => {
      if (event.type === 'resync') void this.status.load(api.serverStatus).then(() => this.#compare());
      for (const { event: type, pace } of paces) {
        if (event.type === 'resync') pace.now();
        else if (event.type === type && 'change' in event && event.change !== 'updated') pace.soon();
      }
    });
    return () => {
      stopped = true;
      stop();
      for (const { pace } of paces) pace.stop();
    };
  }
}

export const server = new Server();
