// Points in time: local for reading, UTC for comparing with what a server elsewhere wrote.

const two = (n: number) => String(n).padStart(2, '0');
const three = (n: number) => String(n).padStart(3, '0');

/** `14:02:11` in local time. */
export function clock(ms: number): string {
  const at = new Date(ms);
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/** `14:02:11.482` in local time, as it stands before a line of output. */
export function clockMs(ms: number): string {
  return `${clock(ms)}.${three(new Date(ms).getMilliseconds())}`;
}

/** `24 Nov`, with the year unless it is this one. */
export function day(ms: number, nowMs: number): string {
  const at = new Date(ms);
  const year = at.getFullYear() === new Date(nowMs).getFullYear() ? '' : ` ${at.getFullYear()}`;
  return `${at.getDate()} ${at.toLocaleString('en', { month: 'short' })}${year}`;
}

/** `14:02:11` today, else `24 Nov 14:02`, so that an old run is not read as one of today. */
export function clockOrDay(ms: number, nowMs: number): string {
  const at = new Date(ms);
  if (at.toDateString() === new Date(nowMs).toDateString()) return clock(ms);
  return `${day(ms, nowMs)} ${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** `Tue 24 Nov 2026 14:02`, with the weekday, which is what a mistake in a schedule is seen by. */
export function weekdayAndMinute(ms: number, zone?: 'UTC'): string {
  const parts = new Intl.DateTimeFormat('en-GB', {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZone: zone,
  }).formatToParts(ms);
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.find((one) => one.type === type)?.value ?? '';
  return `${part('weekday')} ${part('day')} ${part('month')} ${part('year')} ${part('hour')}:${part('minute')}`;
}

/** `2026-11-24 13:02:11.482 UTC`, what hovering shows. */
export function utc(ms: number): string {
  return Number.isFinite(ms) ? `${new Date(ms).toISOString().replace('T', ' ').replace('Z', '')} UTC` : '';
}
