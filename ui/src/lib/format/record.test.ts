import { expect, test } from 'vitest';
import type { ExecutionRecord } from '$lib/api/types';
import { facts } from './record';

const nothing: ExecutionRecord = { peakMemoryBytes: null, cpuUs: null, limit: null, standby: null, isolation: null };

function told(record: Partial<ExecutionRecord>): Record<string, string> {
  const run = { tagId: 'tag', queuedAtMs: 0, record: { ...nothing, ...record } };
  return Object.fromEntries(facts(run).map(({ label, value }) => [label, value]));
}

test('what was measured is told in units for people', () => {
  expect(told({ peakMemoryBytes: 41_300_000, cpuUs: 23_456 })).toMatchObject({ 'Peak memory': '41 MB', CPU: '23.5 ms' });
});

test('what is not known is not told', () => {
  expect(Object.keys(told({}))).toEqual(['Tag', 'Queued']);
});

test('a miss of standby is told, unlike a run without any', () => {
  expect(told({ standby: false })['Standby']).toBe('miss');
  expect(told({ standby: true })['Standby']).toBe('hit');
});

test('the limit that ended it comes first and is marked', () => {
  const [first] = facts({ tagId: 'tag', queuedAtMs: 0, record: { ...nothing, limit: 'cpu-time', cpuUs: 1 } });
  expect(first).toEqual({ label: 'Limit hit', value: 'CPU time', bad: true });
});
