// The parts of an execution's time: queued, started, ran.
import type { ExecutionRow } from '$lib/api/types';

export interface Phases {
  queuedMs: number;
  /** From taken off the queue to the command running: the price of starting it. */
  startedMs: number;
  ranMs: number;
}

export function phases(execution: ExecutionRow, nowMs: number): Phases {
  const startedAt = execution.startedAtMs;
  if (startedAt === null) {
    const until = execution.endedAtMs ?? nowMs;
    return { queuedMs: Math.max(0, until - execution.queuedAtMs), startedMs: 0, ranMs: 0 };
  }
  const queuedMs = Math.max(0, startedAt - execution.queuedAtMs);
  const endedAt = execution.endedAtMs;
  if (endedAt === null) return { queuedMs, startedMs: 0, ranMs: Math.max(0, nowMs - startedAt) };
  const ranMs = execution.durationSecs * 1000;
  return { queuedMs, startedMs: Math.max(0, endedAt - startedAt - ranMs), ranMs };
}
