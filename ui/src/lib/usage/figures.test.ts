import { describe, expect, test } from 'vitest';
import { marks, missing, read, share, spanLabel, spansOf, spoken, sumOf, type Span } from './figures';

// The tests' own time is that of Berlin: an hour ahead of UTC in winter.
const MIDNIGHT_UTC = Date.UTC(2026, 10, 24) / 1000;
const HALF_HOUR = 1800;
const DAY = 86_400;

function spans(count: number, secs: number, of: Record<number, Partial<Span>> = {}): Span[] {
  return Array.from({ length: count }, (_, at) => ({ from: MIDNIGHT_UTC + at * secs, executions: 0, failures: 0, computeMs: 0, ...of[at] }));
}

test('the three series of the API become one row for each span', () => {
  const point = (value: number, at: number) => ({ value, date: MIDNIGHT_UTC + at * DAY });
  const rows = spansOf({ range: '7d', functionsExecutions: [point(3, 0), point(4, 1)], functionsFailures: [point(1, 0), point(0, 1)], functionsCompute: [point(50, 0), point(60, 1)] });
  expect(rows).toEqual(spans(2, DAY, { 0: { executions: 3, failures: 1, computeMs: 50 }, 1: { executions: 4, computeMs: 60 } }));
  expect(sumOf(rows)).toEqual({ executions: 7, failures: 1, computeMs: 110 });
});

describe('labels', () => {
  test('half-hours are local, days are those of UTC', () => {
    expect(spanLabel(MIDNIGHT_UTC, '24h')).toBe('01:00–01:30');
    expect(spanLabel(MIDNIGHT_UTC, '7d')).toBe('24 Nov');
  });

  test('marks stand on local hours that divide the day, fewer where it is narrow', () => {
    const day = spans(48, HALF_HOUR);
    expect(marks(day, '24h', 800).map(({ label }) => label)).toEqual(['02:00', '04:00', '06:00', '08:00', '10:00', '12:00', '14:00', '16:00', '18:00', '20:00', '22:00', '00:00']);
    expect(marks(day, '24h', 300).map(({ label }) => label)).toEqual(['06:00', '12:00', '18:00', '00:00']);
    expect(marks(day, '24h', 800)[0]?.at).toBe(MIDNIGHT_UTC + HALF_HOUR * 2);
  });

  test('marks of days count back from the last, and stand under its middle', () => {
    const quarter = spans(90, DAY);
    const shown = marks(quarter, '90d', 700);
    expect(shown.length).toBeLessThanOrEqual(10);
    expect(shown.at(-1)?.at).toBe(MIDNIGHT_UTC + 89.5 * DAY);
    expect(marks(spans(7, DAY), '7d', 700)).toHaveLength(7);
  });
});

test('a share that is not nothing never reads as nothing, nor one that is not all as all', () => {
  expect([share(0, 10), share(1, 40), share(1, 100_000), share(99_999, 100_000), share(10, 10)]).toEqual(['0 %', '2.5 %', 'under 0.1 %', 'over 99.9 %', '100 %']);
});

test('what a chart is for who does not see it', () => {
  const rows = spans(7, DAY, { 2: { executions: 4 }, 5: { executions: 9 } });
  const of = (span: Span) => span.executions;
  expect(spoken(rows, '7d', of, String)).toBe('13 in 7 days; most, 9, on 29 Nov');
  expect(spoken(spans(7, DAY), '7d', of, String)).toBe('none in 7 days');
  expect(read({ executions: 1, failures: 0, computeMs: 1820 })).toBe('1 execution, 0 failed, 1.82 s');
});

describe('what was removed', () => {
  const rows = spans(30, DAY);
  const retention = (removedUpToMs: number | null) => ({ days: 14, maxBytes: 2_000_000_000, usedBytes: 0, removedUpToMs });
  const nowMs = (MIDNIGHT_UTC + 29.5 * DAY) * 1000;
  const inRange = (MIDNIGHT_UTC + 10 * DAY) * 1000;

  test('is said where the range reaches back to it', () => {
    expect(missing(rows, retention(inRange), null, nowMs)).toBe(
      'Executions that ended up to 4 Dec 01:00 were removed, so they are not in these figures: Drydock keeps 14 days of them, or 2 GB.',
    );
  });

  test('is not said where nothing was, where the range is later, or the function is younger', () => {
    expect(missing(rows, retention(null), null, nowMs)).toBeNull();
    expect(missing(rows, retention(MIDNIGHT_UTC * 1000 - 1), null, nowMs)).toBeNull();
    expect(missing(rows, retention(inRange), inRange + 1, nowMs)).toBeNull();
  });
});
