import { expect, test } from 'vitest';
import type { ExecutionRecord, LimitHit } from '$lib/api/types';
import { ending } from './ending';

const NOTHING: ExecutionRecord = { peakMemoryBytes: null, cpuUs: null, limit: null, standby: null, isolation: null };
const failed = (exitCode: number, limit: LimitHit | null = null) => ending({ status: 'failed', exitCode, record: { ...NOTHING, limit } });

test('only what failed has an ending to tell', () => {
  for (const status of ['waiting', 'processing', 'completed'] as const) expect(ending({ status, exitCode: 0, record: NOTHING })).toBeNull();
});

test('limits, signals and codes of the server are said in words, with where the mend is', () => {
  expect(failed(124, 'time')).toMatchObject({ words: 'It ran longer than its timeout.', at: 'settings' });
  expect(failed(137, 'memory')?.mend).toContain('limits.memory_bytes');
  expect(failed(127)?.at).toBe('settings');
  expect(failed(126)?.at).toBe('code');
  expect(failed(137)?.words).toContain('SIGKILL');
  expect(failed(139)?.words).toContain('SIGSEGV');
  expect(failed(3)?.words).toBe('It ended with exit code 3.');
});
