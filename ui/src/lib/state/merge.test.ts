import { expect, test } from 'vitest';
import type { ExecutionRow } from '$lib/api/types';
import { later, placed, refreshed } from './merge';

function row(id: string, queuedAtMs: number, status: ExecutionRow['status'] = 'waiting'): ExecutionRow {
  const record = { peakMemoryBytes: null, cpuUs: null, limit: null, standby: null, isolation: null };
  const replay = { variablesKnown: true, replayOf: null, by: null, sameVariables: null };
  const times = { queuedAtMs, startedAtMs: null, endedAtMs: null, durationSecs: 0 };
  return { id, functionId: 'f', tagId: 't', trigger: 'http', status, exitCode: 0, caller: 'owner', eventId: null, ...times, record, pinned: false, ...replay };
}

test('an execution never goes back to an earlier state', () => {
  expect(later(row('a', 1, 'completed'), row('a', 1, 'processing')).status).toBe('completed');
  expect(later(row('a', 1, 'waiting'), row('a', 1, 'failed')).status).toBe('failed');
});

test('a new execution comes on top, a known one stays in its place', () => {
  const rows = [row('b', 2), row('a', 1)];
  expect(placed(rows, row('c', 3), true)?.map(({ id }) => id)).toEqual(['c', 'b', 'a']);
  expect(placed(rows, row('a', 1, 'processing'), true)?.map(({ status }) => status)).toEqual(['waiting', 'processing']);
});

test('one that is older than every loaded row is left for "Show older"', () => {
  expect(placed([row('b', 2)], row('a', 1), true)).toBeNull();
  expect(placed([], row('a', 1), false)?.map(({ id }) => id)).toEqual(['a']);
});

test('an answer that was overtaken by the stream does not undo it', () => {
  expect(refreshed([row('a', 1, 'completed')], [row('a', 1, 'waiting')])[0]?.status).toBe('completed');
});
