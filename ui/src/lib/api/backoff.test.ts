import { expect, test } from 'vitest';
import { retryDelayMs } from './backoff';

test('waits double from half a second to half a minute', () => {
  const middle = () => 0.5;
  expect([0, 1, 2, 5, 6, 50].map((attempt) => retryDelayMs(attempt, middle))).toEqual([500, 1000, 2000, 16_000, 30_000, 30_000]);
});

test('tabs spread by a tenth either way', () => {
  expect([retryDelayMs(1, () => 0), retryDelayMs(1, () => 1)]).toEqual([900, 1100]);
});
