// What the rail shows of the server: its state, and how many functions the project has.
import * as api from '$lib/api/console';
import type { ServerStatus } from '$lib/api/types';
import { live } from './live.svelte';
import { Loaded } from './loaded.svelte';

class Server {
  readonly status = new Loaded<ServerStatus>();
  functionCount = $state<number | null>(null);

  /** Keeps both right for that project; returns what stops it. */
  follow(project: string): () => void {
    this.functionCount = null;
    return live.on((event) => {
      if (event.type === 'resync') void this.status.load(api.serverStatus);
      if (event.type === 'resync' || (event.type === 'function' && event.change !== 'updated')) void this.#count(project);
    });
  }

  async #count(project: string): Promise<void> {
    try {
      this.functionCount = (await api.functionRows(project, { limit: 1 })).sum;
    } catch {
      // The list itself says what is wrong; a count is left as it was.
    }
  }
}

export const server = new Server();
