// The activity of a project, newest first, live; older lines on demand.
import * as api from '$lib/api/activity';
import type { StreamEvent } from '$lib/api/types';
import type { ActivityKind, ActivityPage } from '$lib/api/types-activity';
import { refreshed } from './feed';
import { live } from './live.svelte';
import { Loaded } from './loaded.svelte';
import { Pace } from './pace';

/** One screen and a bit. */
const PAGE = 50;
/** A busy server executes hundreds of times a second. */
const PACE_MS = 1000;

export class Activity extends Loaded<ActivityPage> {
  olderBusy = $state(false);
  olderError = $state.raw<unknown>(null);
  readonly #pace = new Pace(() => void this.#fetch(), PACE_MS);

  constructor(
    readonly project: string,
    readonly kind: ActivityKind | null,
  ) {
    super();
  }

  readonly reload = (): void => {
    this.#pace.now();
  };

  async older(): Promise<void> {
    const shown = this.value;
    if (shown === null || shown.next === null || this.olderBusy) return;
    this.olderBusy = true;
    try {
      const page = await api.activity(this.project, { kind: this.kind, after: shown.next, limit: PAGE });
      const now = this.value ?? shown;
      // A refresh may have begun anew meanwhile: then this page would leave a gap.
      if (now.next === shown.next) this.value = { lines: [...now.lines, ...page.lines], next: page.next };
      this.olderError = null;
    } catch (error) {
      this.olderError = error;
    } finally {
      this.olderBusy = false;
    }
  }

  heard(event: StreamEvent): void {
    if (event.type === 'resync') this.reload();
    // Output is no news here; whatever else is told may be a line, or how an execution stands.
    else if (event.type !== 'log' && event.type !== 'hello') this.#pace.soon();
    if (event.type === 'execution') this.#place(event);
  }

  stop(): void {
    this.#pace.stop();
  }

  /** How an execution stands is shown wherever its line is, also below the page that is fetched again. */
  #place({ execution }: Extract<StreamEvent, { type: 'execution' }>): void {
    if (this.value === null) return;
    const { lines, next } = this.value;
    const at = lines.findIndex(({ executionId }) => executionId === execution.id);
    const line = lines[at];
    if (line === undefined || line.execution === null || line.execution.endedAtMs !== null) return;
    this.value = { lines: lines.with(at, { ...line, execution }), next };
  }

  async #fetch(): Promise<void> {
    await this.load(async () => refreshed(this.value, await api.activity(this.project, { kind: this.kind, limit: PAGE })));
  }
}

/** For a component's start: follows the activity until the component's end. */
export function activity(project: string, kind: ActivityKind | null): Activity {
  const feed = new Activity(project, kind);
  feed.reload();
  $effect(() => {
    const stop = live.on((event) => {
      feed.heard(event);
    });
    return () => {
      stop();
      feed.stop();
    };
  });
  return feed;
}
