// Executions that somebody asked for in this tab, until they end: who has gone to another page by then is told.
import type { ExecutionRow, StreamEvent } from '$lib/api/types';
import { router } from './router.svelte';
import { toasts } from './toasts.svelte';

/** Of which an end is waited for: a person does not keep more in mind. */
const MOST = 20;

class Asked {
  /** By id, the name of its function. */
  readonly #waiting = new Map<string, string>();

  add(execution: ExecutionRow, functionName: string): void {
    if (execution.endedAtMs !== null) return;
    this.#waiting.set(execution.id, functionName);
    const [oldest] = this.#waiting.keys();
    if (this.#waiting.size > MOST && oldest !== undefined) this.#waiting.delete(oldest);
  }

  heard(event: StreamEvent): void {
    if (event.type !== 'execution' || event.execution.endedAtMs === null) return;
    const { id, functionId, status, exitCode } = event.execution;
    const name = this.#waiting.get(id);
    if (name === undefined) return;
    this.#waiting.delete(id);
    const { place } = router;
    if (place.page === 'function' && place.functionId === functionId) return;
    toasts.tell(status === 'failed' ? `${name} failed with exit code ${exitCode}` : `${name} completed`, {
      tone: status === 'failed' ? 'bad' : 'plain',
      act: { label: 'Show', run: () => router.go({ page: 'function', functionId, tab: 'executions', executionId: id }) },
    });
  }
}

export const asked = new Asked();
