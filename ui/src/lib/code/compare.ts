// One file in two states: the lines that differ, with some around them. Pure.
// The lines are told apart by the package `diff`: the shortest edit between two files is an algorithm with a literature,
// and its worst case must end, which the package does by a time limit.
import { structuredPatch } from 'diff';

export interface DiffRow {
  kind: 'same' | 'added' | 'removed' | 'gap' | 'note';
  /** Line numbers, from 1, where the line is in that state. */
  from: number | null;
  to: number | null;
  text: string;
}

export type Compared =
  | { kind: 'lines'; rows: DiffRow[]; added: number; removed: number; /** Rows that are not in `rows`. */ more: number }
  | { kind: 'binary' }
  /** Two texts of which no short way from one to the other was found in time. */
  | { kind: 'too-different' };

/** Lines around a change, as diff and Git show. */
const AROUND = 3;
/** A page that stands still for longer is thought to be broken. */
const PATIENCE_MS = 1000;
/** Rows that are put into the page; a person reads hundreds. */
const MOST_ROWS = 3000;
/** As Git does: what has a zero byte near its beginning is no text. */
const LOOKED_AT_BYTES = 8000;

/** Null where the file is not there. */
export function compare(from: Uint8Array | null, to: Uint8Array | null, patienceMs = PATIENCE_MS): Compared {
  if (isBinary(from) || isBinary(to)) return { kind: 'binary' };
  const decoder = new TextDecoder();
  const [before, after] = [decoder.decode(from ?? new Uint8Array()), decoder.decode(to ?? new Uint8Array())];
  const patch = structuredPatch('', '', before, after, '', '', { context: AROUND, timeout: patienceMs });
  if (patch === undefined) return { kind: 'too-different' };
  const rows: DiffRow[] = [];
  let [added, removed] = [0, 0];
  for (const hunk of patch.hunks) {
    let [atFrom, atTo] = [hunk.oldStart, hunk.newStart];
    if (rows.length > 0 || hunk.oldStart > 1) rows.push({ kind: 'gap', from: null, to: null, text: '' });
    for (const line of hunk.lines) {
      const text = shown(line.slice(1));
      if (line.startsWith('+')) {
        rows.push({ kind: 'added', from: null, to: atTo++, text });
        added += 1;
      } else if (line.startsWith('-')) {
        rows.push({ kind: 'removed', from: atFrom++, to: null, text });
        removed += 1;
      } else if (line.startsWith('\\')) {
        rows.push({ kind: 'note', from: null, to: null, text: 'no line break at the end' });
      } else {
        rows.push({ kind: 'same', from: atFrom++, to: atTo++, text });
      }
    }
  }
  return { kind: 'lines', rows: rows.slice(0, MOST_ROWS), added, removed, more: Math.max(0, rows.length - MOST_ROWS) };
}

/** A carriage return at the end is seen: else a line that differs in it alone would seem not to differ. */
function shown(line: string): string {
  return line.endsWith('\r') ? `${line.slice(0, -1)}␍` : line;
}

function isBinary(content: Uint8Array | null): boolean {
  return content?.subarray(0, LOOKED_AT_BYTES).includes(0) ?? false;
}
