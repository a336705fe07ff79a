import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { ScheduleMeaning } from '$lib/api/types-events';

const asked: { text: string; answer: (meaning: ScheduleMeaning) => void }[] = [];
vi.mock('$lib/api/events', () => ({
  scheduleMeaning: (text: string) => new Promise<ScheduleMeaning>((answer) => asked.push({ text, answer })),
}));
const { MeantSchedule } = await import('./meant-schedule.svelte');

const due = (words: string, next: number[] = []): ScheduleMeaning => ({ problem: null, words, next });

beforeEach(() => {
  asked.length = 0;
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('a pause in typing asks once, for what then stands there', async () => {
  const meant = new MeantSchedule();
  meant.typed('@daily');
  await vi.runAllTimersAsync();
  asked[0]?.answer(due('every day'));
  await vi.runAllTimersAsync();
  expect(meant.meaning?.words).toBe('every day');

  for (const text of ['@', '@h', ' @hourly ']) meant.typed(text);
  expect(meant.meaning).toBeNull();
  expect(meant.last?.words).toBe('every day');
  await vi.runAllTimersAsync();
  expect(asked.map(({ text }) => text)).toEqual(['@daily', '@hourly']);
});

test('an answer about an older text is not one about this', async () => {
  const meant = new MeantSchedule();
  meant.typed('@daily');
  await vi.runAllTimersAsync();
  meant.typed('@hourly');
  asked[0]?.answer(due('every day'));
  await vi.advanceTimersByTimeAsync(0);
  expect(meant.meaning).toBeNull();
  await vi.runAllTimersAsync();
  asked[1]?.answer(due('every hour'));
  await vi.runAllTimersAsync();
  expect(meant.meaning?.words).toBe('every hour');
  meant.typed('');
  expect([meant.meaning, meant.last]).toEqual([null, null]);
});

test('a text that is typed back is known again, whatever was asked between', async () => {
  const meant = new MeantSchedule();
  meant.typed('@daily');
  await vi.runAllTimersAsync();
  asked[0]?.answer(due('every day'));
  await vi.runAllTimersAsync();
  meant.typed('@hourly');
  await vi.runAllTimersAsync();
  meant.typed('@daily');
  asked[1]?.answer(due('every hour'));
  await vi.runAllTimersAsync();
  asked[2]?.answer(due('every day'));
  await vi.runAllTimersAsync();
  expect(meant.meaning?.words).toBe('every day');
});

test('a run that is past is asked about again, not more often than the pace', async () => {
  const meant = new MeantSchedule();
  meant.typed('@hourly');
  await vi.runAllTimersAsync();
  asked[0]?.answer(due('every hour', [1000]));
  await vi.runAllTimersAsync();
  meant.tick(999);
  expect(asked).toHaveLength(1);
  for (const now of [1000, 2000, 3000]) meant.tick(now);
  expect(asked).toHaveLength(2);
  meant.stop();
});
