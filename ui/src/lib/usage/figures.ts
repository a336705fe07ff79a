// A function's usage as figures: sums, words, and where the charts' marks stand. Pure.
import type { ServerStatus } from '$lib/api/types';
import type { Usage, UsageRange } from '$lib/api/types-usage';
import { clockOrDay } from '$lib/format/clock';
import { duration } from '$lib/format/duration';
import { count, plural, size } from '$lib/format/size';

export const RANGE_LABELS: Record<UsageRange, string> = { '24h': '24 hours', '7d': '7 days', '30d': '30 days', '90d': '90 days' };

const HALF_HOUR_SECS = 30 * 60;
const DAY_SECS = 24 * 60 * 60;

/** One half-hour or day. */
export interface Span {
  /** When it begins, in seconds. */
  from: number;
  executions: number;
  failures: number;
  computeMs: number;
}

export function spanSecs(range: UsageRange): number {
  return range === '24h' ? HALF_HOUR_SECS : DAY_SECS;
}

export function spansOf({ functionsExecutions, functionsFailures, functionsCompute }: Usage): Span[] {
  return functionsExecutions.map(({ date, value }, at) => ({
    from: date,
    executions: value,
    failures: functionsFailures[at]?.value ?? 0,
    computeMs: functionsCompute[at]?.value ?? 0,
  }));
}

export function sumOf(spans: readonly Span[]): Omit<Span, 'from'> {
  const sum = (of: (span: Span) => number) => spans.reduce((total, span) => total + of(span), 0);
  return { executions: sum((span) => span.executions), failures: sum((span) => span.failures), computeMs: sum((span) => span.computeMs) };
}

/** `2.5 %`; a share that is not nothing never reads as nothing, nor one that is not all as all. */
export function share(part: number, whole: number): string {
  if (part === 0 || whole === 0) return '0 %';
  const percent = (part / whole) * 100;
  if (percent < 0.1) return 'under 0.1 %';
  if (part < whole && percent > 99.9) return 'over 99.9 %';
  return `${Number(percent.toFixed(1))} %`;
}

const two = (n: number) => String(n).padStart(2, '0');

/** `14:30` in local time, since half-hours begin at the same moment everywhere. */
function localClock(secs: number): string {
  const at = new Date(secs * 1000);
  return `${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** `24 Nov`: days are those of UTC, as the API counts them. */
function utcDay(secs: number): string {
  const at = new Date(secs * 1000);
  return `${at.getUTCDate()} ${at.toLocaleString('en', { month: 'short', timeZone: 'UTC' })}`;
}

/** `14:30–15:00`, or `24 Nov`. */
export function spanLabel(from: number, range: UsageRange): string {
  return range === '24h' ? `${localClock(from)}–${localClock(from + HALF_HOUR_SECS)}` : utcDay(from);
}

/** Marks under a chart: on local hours that divide the day, or on days, so many that none covers another. */
export function marks(spans: readonly Span[], range: UsageRange, width: number): { at: number; label: string }[] {
  const most = Math.max(2, Math.floor(width / 64));
  if (range === '24h') {
    const every = [1, 2, 3, 4, 6, 12].find((hours) => 24 / hours <= most) ?? 12;
    const isMark = ({ from }: Span) => {
      const at = new Date(from * 1000);
      return at.getHours() % every === 0 && at.getMinutes() < 30;
    };
    return spans.filter(isMark).map(({ from }) => ({ at: from, label: localClock(from) }));
  }
  const every = [1, 2, 5, 7, 10, 15, 30].find((days) => spans.length / days <= most) ?? 30;
  // Counted from the end, so that today has one.
  return spans.filter((_, at) => (spans.length - 1 - at) % every === 0).map(({ from }) => ({ at: from + DAY_SECS / 2, label: utcDay(from) }));
}

/** What a chart is for who does not see it: `12 in 24 hours; most, 7, at 14:30–15:00`. */
export function spoken(spans: readonly Span[], range: UsageRange, of: (span: Span) => number, words: (value: number) => string): string {
  const total = spans.reduce((sum, span) => sum + of(span), 0);
  const most = spans.reduce<Span | null>((best, span) => (best === null || of(span) > of(best) ? span : best), null);
  if (total === 0 || most === null) return `none in ${RANGE_LABELS[range]}`;
  return `${words(total)} in ${RANGE_LABELS[range]}; most, ${words(of(most))}, ${range === '24h' ? 'at' : 'on'} ${spanLabel(most.from, range)}`;
}

/** `12 executions, 1 failed, 4.2 s` of one span. */
export function read({ executions, failures, computeMs }: Omit<Span, 'from'>): string {
  return `${plural(executions, 'execution')}, ${count(failures)} failed, ${duration(computeMs)}`;
}

/** What is missing of the range because it was removed; null where nothing is. */
export function missing(spans: readonly Span[], retention: ServerStatus['retention'], madeAtMs: number | null, nowMs: number): string | null {
  const { removedUpToMs, days, maxBytes } = retention;
  const from = spans[0]?.from ?? 0;
  if (removedUpToMs === null || removedUpToMs < from * 1000 || (madeAtMs !== null && removedUpToMs < madeAtMs)) return null;
  return `Executions that ended up to ${clockOrDay(removedUpToMs, nowMs)} were removed, so they are not in these figures: Drydock keeps ${plural(days, 'day')} of them, or ${size(maxBytes)}.`;
}
