// Rows of executions from two sources (answers and the stream) that may overtake one another.
import type { ExecutionRow, ExecutionState } from '$lib/api/types';

const RANK: Record<ExecutionState, number> = { waiting: 0, processing: 1, completed: 2, failed: 2 };

/** The one that knows more: an execution never goes back. */
export function later<T extends ExecutionRow>(known: T, heard: ExecutionRow): T {
  return RANK[heard.status] >= RANK[known.status] ? { ...known, ...heard } : known;
}

/** `heard` put where it belongs in a list that is newest first. Null when it belongs beyond the last row. */
export function placed(rows: ExecutionRow[], heard: ExecutionRow, hasOlder: boolean): ExecutionRow[] | null {
  const at = rows.findIndex((row) => row.id === heard.id);
  if (at >= 0) return rows.with(at, later(rows[at] ?? heard, heard));
  const before = rows.findIndex((row) => row.queuedAtMs <= heard.queuedAtMs);
  if (before >= 0) return rows.toSpliced(before, 0, heard);
  return hasOlder ? null : [...rows, heard];
}

/** A fresh page over what was heard meanwhile. */
export function refreshed(known: ExecutionRow[], page: ExecutionRow[]): ExecutionRow[] {
  const before = new Map(known.map((row) => [row.id, row]));
  return page.map((row) => {
    const old = before.get(row.id);
    return old === undefined ? row : later(row, old);
  });
}

/**
 * The newest page put before what is known. Where the two do not meet, too much has happened: the page alone. Behind the page
 * nothing was asked about, so what is kept ends before the first row that may have changed meanwhile.
 */
export function caughtUp(known: ExecutionRow[], page: ExecutionRow[]): ExecutionRow[] {
  const fresh = refreshed(known, page);
  const last = page.at(-1);
  const meets = last === undefined ? -1 : known.findIndex((row) => row.id === last.id);
  if (meets < 0) return fresh;
  const behind = known.slice(meets + 1);
  const open = behind.findIndex((row) => RANK[row.status] < RANK.completed);
  return [...fresh, ...(open < 0 ? behind : behind.slice(0, open))];
}
