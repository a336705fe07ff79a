import { expect, test, vi } from 'vitest';
import * as api from '$lib/api/console';
import type { ExecutionDetail, ExecutionRow } from '$lib/api/types';
import { Watched } from './watched.svelte';

vi.mock('$lib/api/console');

function row(status: ExecutionRow['status'], endedAtMs: number | null): ExecutionRow {
  const record = { peakMemoryBytes: null, cpuUs: null, limit: null, standby: null, isolation: null };
  const replay = { variablesKnown: true, replayOf: null, by: null, sameVariables: null };
  const times = { queuedAtMs: 1, startedAtMs: 2, endedAtMs, durationSecs: 0 };
  return { id: 'e', functionId: 'f', tagId: 't', trigger: 'http', status, exitCode: 0, caller: 'owner', eventId: null, ...times, record, pinned: false, ...replay };
}

test('an end that is told while the first answer is on its way is not forgotten', async () => {
  let answer: (detail: ExecutionDetail) => void = () => undefined;
  vi.mocked(api.execution).mockReturnValue(new Promise((resolve) => (answer = resolve)));
  vi.mocked(api.logPage).mockResolvedValue({ frames: [], next: 0, more: false, droppedBytes: 0 });
  const watched = new Watched('default', 'e');

  const loading = watched.load();
  watched.heard({ type: 'execution', execution: row('failed', 3) });
  // Read by the server before the end.
  answer({ ...row('processing', null), data: 'of the answer', stdoutBytes: 0, stderrBytes: 0, droppedBytes: 0 });
  await loading;

  expect([watched.detail?.status, watched.detail?.data, watched.running]).toEqual(['failed', 'of the answer', false]);
});

test('an output is whole when it was asked for after the end, and not before', async () => {
  const page = (text: string, next: number) => ({ frames: text === '' ? [] : [{ stream: 'stdout' as const, atMs: 1, text }], next, more: false, droppedBytes: 0 });
  vi.mocked(api.execution).mockResolvedValue({ ...row('processing', null), data: '', stdoutBytes: 0, stderrBytes: 0, droppedBytes: 0 });
  vi.mocked(api.logPage).mockResolvedValueOnce(page('first\n', 1));
  const watched = new Watched('default', 'e');
  await watched.load();
  expect([watched.complete, watched.whole]).toEqual([true, false]);

  vi.mocked(api.logPage).mockResolvedValueOnce(page('last\n', 2));
  watched.heard({ type: 'execution', execution: row('completed', 3) });
  expect([watched.running, watched.whole]).toEqual([false, false]);

  await vi.waitFor(() => expect(watched.whole).toBe(true));
  expect(watched.stdout.texts).toEqual(['first', 'last']);
});
