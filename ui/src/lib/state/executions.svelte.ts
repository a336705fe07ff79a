// The executions of one function, newest first, live; older ones are fetched as somebody scrolls to them.
import * as api from '$lib/api/console';
import type { ExecutionRow, StreamEvent } from '$lib/api/types';
import { caughtUp, placed, refreshed } from './merge';

/** As many as the server hands out at once: two or three screens. */
const PAGE = 100;
/** Rows kept, about 1 kB each. What is older is fetched again when somebody scrolls so far. */
const MOST = 20_000;

export class Executions {
  rows = $state.raw<ExecutionRow[] | null>(null);
  /** Whether the last row is not the last there is. */
  hasOlder = $state(false);
  error = $state.raw<unknown>(null);
  olderError = $state.raw<unknown>(null);
  search = $state('');
  /** What the rows were searched for. */
  #searched = '';
  #turn = 0;
  #older = false;

  constructor(
    readonly project: string,
    readonly functionId: string,
  ) {}

  /** The newest, put before those that are known already where they meet. */
  async load(): Promise<void> {
    this.#turn += 1;
    const turn = this.#turn;
    try {
      const { executions } = await api.executionRows(this.project, this.functionId, { search: this.search, limit: PAGE });
      if (turn !== this.#turn) return;
      const known = this.rows ?? [];
      if (this.#searched !== this.search || executions.length < PAGE) {
        this.rows = refreshed(known, executions);
        this.hasOlder = executions.length === PAGE;
      } else {
        this.rows = caughtUp(known, executions);
        if (this.rows.at(-1)?.id !== known.at(-1)?.id) this.hasOlder = true;
      }
      this.#searched = this.search;
      this.error = this.olderError = null;
    } catch (error) {
      if (turn === this.#turn) this.error = error;
    }
  }

  /** One at a time, however often it is asked for; not again by itself after a failure. */
  async older(): Promise<void> {
    const last = this.rows?.at(-1);
    if (last === undefined || this.#older || !this.hasOlder || this.#searched !== this.search) return;
    this.#older = true;
    this.olderError = null;
    const turn = this.#turn;
    try {
      const { executions } = await api.executionRows(this.project, this.functionId, { search: this.search, limit: PAGE, cursor: last.id });
      if (turn !== this.#turn) return;
      const known = new Set(this.rows?.map(({ id }) => id));
      this.rows = [...(this.rows ?? []), ...executions.filter(({ id }) => !known.has(id))];
      this.hasOlder = executions.length === PAGE;
    } catch (error) {
      if (turn === this.#turn) this.olderError = error;
    } finally {
      this.#older = false;
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
    if (rows.length > MOST) this.hasOlder = true;
    this.rows = rows.length > MOST ? rows.slice(0, MOST) : rows;
  }
}
