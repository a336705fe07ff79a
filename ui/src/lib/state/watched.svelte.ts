// One execution under watch: its record and its whole output, both live.
// The output is fetched in pages from where we are; the stream only says that there is more.
import * as api from '$lib/api/console';
import type { ExecutionDetail, ExecutionRow, StreamEvent } from '$lib/api/types';
import { Lines } from '$lib/log/lines';
import { Breath } from './breath';
import { later } from './merge';
import { Pace } from './pace';

/** Between two looks for more output: faster than is read, and of a thousand lines a second ten drawings and not a thousand. */
const PACE_MS = 100;

export class Watched {
  detail = $state.raw<ExecutionDetail | null>(null);
  error = $state.raw<unknown>(null);
  /** Grows with every page: the lines themselves are plain data, this makes them news. */
  version = $state(0);
  /** True once everything that existed at the first look has arrived. */
  complete = $state(false);
  /** True once all of the output of an execution that is over has arrived. */
  whole = $state(false);
  droppedBytes = $state(0);
  readonly stdout = new Lines();
  readonly stderr = new Lines();
  /** What the stream told before the first answer came, which may be of before that. */
  #early: ExecutionRow | null = null;
  readonly #pace = new Pace(() => void this.#pump(), PACE_MS);
  #next = 0;
  #pumping = false;
  #again = false;
  #stopped = false;

  constructor(
    readonly project: string,
    readonly id: string,
  ) {}

  get running(): boolean {
    return this.detail !== null && this.detail.endedAtMs === null;
  }

  async load(): Promise<void> {
    try {
      const detail = await api.execution(this.project, this.id);
      const known = this.detail ?? this.#early;
      this.detail = known === null ? detail : later(detail, known);
      this.error = null;
    } catch (error) {
      this.error = error;
      return;
    }
    await this.#pump();
  }

  stop(): void {
    this.#stopped = true;
    this.#pace.stop();
  }

  heard(event: StreamEvent): void {
    if (event.type === 'resync') void this.load();
    if (event.type === 'log' && event.executionId === this.id) this.#pace.soon();
    if (event.type === 'execution' && event.execution.id === this.id) {
      if (this.detail === null) this.#early = event.execution;
      else this.detail = later(this.detail, event.execution);
      // The end comes after the last line was stored: one more look gets it.
      if (event.execution.endedAtMs !== null) this.#pace.now();
    }
  }

  /** What the server answered to a change of it. */
  changed(row: ExecutionRow): void {
    if (this.detail !== null) this.detail = later(this.detail, row);
  }

  async #pump(): Promise<void> {
    this.#again = true;
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      while (this.#again && !this.#stopped) {
        this.#again = false;
        // What is asked for after the end has all of it; an answer of before may lack the last lines.
        const isOver = this.detail !== null && !this.running;
        const page = await api.logPage(this.project, this.id, this.#next);
        // A page may be a megabyte of short lines.
        const breath = new Breath();
        for (const frame of page.frames) {
          this[frame.stream].push(frame.text, frame.atMs);
          if (breath.isDue) await breath.take();
        }
        breath.end();
        this.#next = page.next;
        this.droppedBytes = page.droppedBytes;
        if (page.more) this.#again = true;
        else {
          this.complete = true;
          this.whole ||= isOver;
        }
        this.version += 1;
      }
      this.error = null;
    } catch (error) {
      this.error = error;
    } finally {
      this.#pumping = false;
    }
  }
}
