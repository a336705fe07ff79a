// Durations and relative times in the console's words: `9.4 ms`, `1.82 s`, `2 min`, `8 s ago`.

/** Three significant figures at most: more would be noise between two runs of the same code. */
function figures(value: number): string {
  if (value >= 100) return value.toFixed(0);
  if (value >= 10) return String(Number(value.toFixed(1)));
  return String(Number(value.toFixed(2)));
}

export function duration(ms: number): string {
  if (!Number.isFinite(ms) || ms < 0) return '–';
  if (ms < 1) return `${Number(ms.toFixed(2))} ms`;
  // Under ten one decimal, since tenths of a millisecond are what two runs differ by.
  if (ms < 99.95) return `${Number(ms.toFixed(1))} ms`;
  if (ms < 999.5) return `${ms.toFixed(0)} ms`;
  const secs = ms / 1000;
  if (secs < 59.95) return `${figures(secs)} s`;
  const wholeSecs = Math.round(secs);
  if (wholeSecs < 3600) {
    const rest = wholeSecs % 60;
    return rest === 0 ? `${Math.floor(wholeSecs / 60)} min` : `${Math.floor(wholeSecs / 60)} min ${rest} s`;
  }
  const minutes = Math.floor(wholeSecs / 60);
  const rest = minutes % 60;
  return rest === 0 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 60)} h ${rest} min`;
}

/** How long something has been going on, so far: `0.3 s`, `12.4 s`, `2 min 5 s`. */
export function elapsed(ms: number): string {
  const secs = Math.max(0, ms) / 1000;
  return secs < 60 ? `${(Math.floor(secs * 10) / 10).toFixed(1)} s` : duration(Math.floor(secs) * 1000);
}

/** How long ago in one unit: `8 s`, `2 min`, `5 h`, `3 d`. */
export function age(ms: number): string {
  const secs = Math.max(0, Math.floor(ms / 1000));
  if (secs < 60) return `${secs} s`;
  if (secs < 3600) return `${Math.floor(secs / 60)} min`;
  if (secs < 86_400) return `${Math.floor(secs / 3600)} h`;
  return `${Math.floor(secs / 86_400)} d`;
}

/** How long until then: `in 2 min`. */
export function ahead(ms: number): string {
  return ms < 1000 ? 'now' : `in ${age(ms)}`;
}

export function ago(ms: number): string {
  return ms < 1000 ? 'now' : `${age(ms)} ago`;
}
