import { expect, test } from 'vitest';
import type { ExecutionRow } from '$lib/api/types';
import { caughtUp, later, placed, refreshed } from './merge';

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

test('one that is older than every loaded row is left until somebody scrolls to it', () => {
  expect(placed([row('b', 2)], row('a', 1), true)).toBeNull();
  expect(placed([], row('a', 1), false)?.map(({ id }) => id)).toEqual(['a']);
});

test('an answer that was overtaken by the stream does not undo it', () => {
  expect(refreshed([row('a', 1, 'completed')], [row('a', 1, 'waiting')])[0]?.status).toBe('completed');
});

test('a fresh page comes before what was loaded behind it, up to the first row that may have changed', () => {
  const ids = (rows: ExecutionRow[]) => rows.map(({ id }) => id);
  const known = [row('d', 4, 'completed'), row('c', 3, 'completed'), row('b', 2, 'processing'), row('a', 1, 'completed')];
  const page = [row('e', 5), row('d', 4, 'completed'), row('c', 3, 'completed')];
  expect(ids(caughtUp(known.with(2, row('b', 2, 'completed')), page))).toEqual(['e', 'd', 'c', 'b', 'a']);
  expect(ids(caughtUp(known, page))).toEqual(['e', 'd', 'c']);
  // More happened than a page holds: what lies between is not known.
  expect(ids(caughtUp(known, [row('z', 9), row('y', 8)]))).toEqual(['z', 'y']);
});
