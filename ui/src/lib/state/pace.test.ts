import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Pace } from './pace';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test('the first piece of news is answered at once, a burst at the pace, its last piece never left out', () => {
  const act = vi.fn();
  const pace = new Pace(act, 1000);
  for (let i = 0; i < 100; i += 1) pace.soon();
  expect(act).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(1000);
  expect(act).toHaveBeenCalledTimes(2);
  vi.advanceTimersByTime(5000);
  expect(act).toHaveBeenCalledTimes(2);
  pace.soon();
  expect(act).toHaveBeenCalledTimes(3);
});

test('what was asked for now need not be done soon as well, and after the end nothing is', () => {
  const act = vi.fn();
  const pace = new Pace(act, 1000);
  pace.now();
  pace.soon();
  pace.now();
  vi.advanceTimersByTime(1000);
  expect(act).toHaveBeenCalledTimes(2);
  pace.soon();
  pace.soon();
  pace.stop();
  vi.advanceTimersByTime(5000);
  expect(act).toHaveBeenCalledTimes(3);
});
