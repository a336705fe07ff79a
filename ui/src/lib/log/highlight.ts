// Lays the matches of a search over the coloured segments of a row.
import type { Segment } from './ansi';

export interface Piece extends Segment {
  match: boolean;
}

export function highlight(parts: Segment[], needle: string): Piece[] {
  if (needle === '') return parts.map((part) => ({ ...part, match: false }));
  const text = parts.map((part) => part.text).join('');
  const ranges = matches(text, needle);
  const pieces: Piece[] = [];
  let at = 0;
  for (const part of parts) {
    const end = at + part.text.length;
    let from = at;
    for (const [start, stop] of ranges) {
      if (stop <= from || start >= end) continue;
      if (start > from) pieces.push({ text: text.slice(from, start), style: part.style, match: false });
      const upTo = Math.min(stop, end);
      pieces.push({ text: text.slice(Math.max(start, from), upTo), style: part.style, match: true });
      from = upTo;
    }
    if (from < end) pieces.push({ text: text.slice(from, end), style: part.style, match: false });
    at = end;
  }
  return pieces;
}

/** Case is folded only where that keeps the length, or the ranges would shift. */
function matches(text: string, needle: string): [number, number][] {
  const lower = text.toLowerCase();
  const hay = lower.length === text.length ? lower : text;
  const wanted = lower.length === text.length ? needle.toLowerCase() : needle;
  const ranges: [number, number][] = [];
  for (let at = hay.indexOf(wanted); at >= 0; at = hay.indexOf(wanted, at + wanted.length)) {
    ranges.push([at, at + wanted.length]);
  }
  return ranges;
}
