// The executions of one function, newest first, live; older pages on demand.
import * as api from '$lib/api/console';
import type { ExecutionRow, StreamEvent } from '$lib/api/types';
import { placed, refreshed } from './merge';

/** One screen and a bit; older ones are a button away. */
const PAGE = 50;
/** Rows kept while new ones arrive on top: a table of more is no longer read, only scrolled. */
const MOST = 1000;

export class Executions {
  rows = $state.raw<ExecutionRow[] | null>(null);
  sum = $state(0);
  error = $state.raw<unknown>(null);
  olderBusy = $state(false);
  search = $state('');
  #turn = 0;

  constructor(
    readonly project: string,
    readonly functionId: string,
  ) {}

  get hasOlder(): boolean {
    return this.rows !== null && this.rows.length < this.sum;
  }

  async load(): Promise<void> {
    this.#turn += 1;
    const turn = this.#turn;
    const limit = Math.min(100, Math.max(PAGE, this.rows?.length ?? 0));
    try {
      const page = await api.executionRows(this.project, this.functionId, { search: this.search, limit });
      if (turn !== this.#turn) return;
      this.rows = refreshed(this.rows ?? [], page.executions);
      this.sum = page.sum;
      this.error = null;
    } catch (error) {
      if (turn === this.#turn) this.error = error;
    }
  }

  async older(): Promise<void> {
    const last = this.rows?.at(-1);
    if (last === undefined || this.olderBusy) return;
    this.olderBusy = true;
    const turn = this.#turn;
    try {
      const page = await api.executionRows(this.project, this.functionId, { search: this.search, limit: PAGE, cursor: last.id });
      if (turn !== this.#turn) return;
      const known = new Set(this.rows?.map(({ id }) => id));
      this.rows = [...(this.rows ?? []), ...page.executions.filter(({ id }) => !known.has(id))];
      this.sum = page.sum;
      this.error = null;
    } catch (error) {
      if (turn === this.#turn) this.error = error;
    } finally {
      this.olderBusy = false;
    }
  }

  find(search: string): void {
    this.search = search;
    void this.load();
  }

  heard(event: StreamEvent): void {
    if (event.type === 'resync') void this.load();
    if (event.type !== 'execution' || event.execution.functionId !== this.functionId || this.rows === null) return;
    const known = this.rows.some(({ id }) => id === event.execution.id);
    // Whether a new one matches the search is for the server to say; it shows after the search is cleared.
    if (!known && this.search !== '') return;
    const rows = placed(this.rows, event.execution, this.hasOlder);
    if (rows === null) return;
    this.rows = rows.length > MOST ? rows.slice(0, MOST) : rows;
    if (!known) this.sum += 1;
  }
}
