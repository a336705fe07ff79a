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

/** `2026-11-24 13:02:11.482 UTC`, what hovering shows. */
export function utc(ms: number): string {
  return Number.isFinite(ms) ? `${new Date(ms).toISOString().replace('T', ' ').replace('Z', '')} UTC` : '';
}
