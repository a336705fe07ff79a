// Two texts side by side, line by line: what stayed, what went, what came. Pure; the view draws it.
// What is alike at both ends is found in one pass, however much that is. The middle is compared line by line within
// bounds of work; beyond them lines are paired by position, which is said to whoever reads it.
// The search itself is jsdiff's: maintained, without dependencies, and it gives up at a number of edits.
import { diffArrays, diffWordsWithSpace } from 'diff';

/** Lines of the middle, on either side: each is looked up by its text once, so many in some 200 ms. */
export const MOST_LINES = 100_000;
/** Lines that went or came. The work grows with the square of it: a thousand take some 50 ms, four thousand 2 s. */
export const MOST_EDITS = 1000;
/** Runs of lines that are alike where they are paired by position; after so many the rest is one. */
const MOST_RUNS = 50_000;
/** Words that went or came within a line, and characters of a line: it is asked for each row on the screen. */
const MOST_WORDS = 60;
const MOST_CHARACTERS = 2000;

/** A run of lines that are all alike, or all not. */
export interface Block {
  alike: boolean;
  /** Its first line on each side, from 0, and how many it has there. */
  left: number;
  right: number;
  lefts: number;
  rights: number;
  /** Its first row in the view, where both sides share rows. */
  row: number;
}

export interface Sides {
  blocks: Block[];
  rows: number;
  /** Lines that went and that came. */
  removed: number;
  added: number;
  /** First row of each block that is not alike. */
  changes: number[];
  /** What was over its bound, so that the middle is paired by position. */
  bounded: 'lines' | 'edits' | null;
}

export interface Row {
  alike: boolean;
  /** The line's number on that side, from 0; null where the side has none. */
  left: number | null;
  right: number | null;
}

export function sideBySide(left: readonly string[], right: readonly string[]): Sides {
  const shorter = Math.min(left.length, right.length);
  let head = 0;
  while (head < shorter && left[head] === right[head]) head += 1;
  let tail = 0;
  while (tail < shorter - head && left[left.length - 1 - tail] === right[right.length - 1 - tail]) tail += 1;

  const made = new Maker();
  made.alike(head);
  const bounded = middle(left.slice(head, left.length - tail), right.slice(head, right.length - tail), made);
  made.alike(tail);
  return { ...made.done(), bounded };
}

function middle(left: string[], right: string[], made: Maker): Sides['bounded'] {
  const found = withinBounds(left, right);
  if (typeof found === 'string') {
    byPosition(left, right, made);
    return found;
  }
  for (let at = 0; at < found.length; at += 1) {
    const part = found[at];
    if (part === undefined) break;
    if (!part.added && !part.removed) {
      made.alike(part.count);
      continue;
    }
    // What went and what came in one place is one block, in whichever order they are told.
    const next = found[at + 1];
    const both = next !== undefined && (next.added || next.removed);
    if (both) at += 1;
    const counts = both ? [part, next] : [part];
    made.differs(sum(counts.filter(({ removed }) => removed)), sum(counts.filter(({ added }) => added)));
  }
  return null;
}

function byPosition(left: string[], right: string[], made: Maker): void {
  const shorter = Math.min(left.length, right.length);
  let at = 0;
  for (let runs = 0; at < shorter && runs < MOST_RUNS; runs += 1) {
    const alike = left[at] === right[at];
    let end = at + 1;
    while (end < shorter && (left[end] === right[end]) === alike) end += 1;
    if (alike) made.alike(end - at);
    // What differs up to the end goes on in what is left of the longer side.
    else if (end < shorter) made.differs(end - at, end - at);
    else break;
    at = end;
  }
  made.differs(left.length - at, right.length - at);
}

interface Part {
  count: number;
  added: boolean;
  removed: boolean;
}

function sum(parts: Part[]): number {
  return parts.reduce((total, { count }) => total + count, 0);
}

function withinBounds(left: string[], right: string[]): Part[] | 'lines' | 'edits' {
  if (left.length > MOST_LINES || right.length > MOST_LINES) return 'lines';
  // Numbers instead of texts: a line is then compared in one step, however long it is.
  const numbers = new Map<string, number>();
  const number = (text: string): number => {
    const known = numbers.get(text) ?? numbers.size;
    numbers.set(text, known);
    return known;
  };
  const before = left.map(number);
  const after = right.map(number);
  if (editsAtLeast(before, after) > MOST_EDITS) return 'edits';
  return diffArrays(before, after, { maxEditLength: MOST_EDITS }) ?? 'edits';
}

/** Lines that one side has and the other has not, which no comparison gets around. */
function editsAtLeast(before: number[], after: number[]): number {
  const balance = new Map<number, number>();
  for (const line of before) balance.set(line, (balance.get(line) ?? 0) + 1);
  for (const line of after) balance.set(line, (balance.get(line) ?? 0) - 1);
  return [...balance.values()].reduce((total, count) => total + Math.abs(count), 0);
}

/** Puts blocks after one another. */
class Maker {
  readonly #sides: Omit<Sides, 'bounded'> = { blocks: [], rows: 0, removed: 0, added: 0, changes: [] };
  #left = 0;
  #right = 0;

  alike(count: number): void {
    this.#block(true, count, count);
  }

  differs(lefts: number, rights: number): void {
    if (lefts + rights > 0) this.#sides.changes.push(this.#sides.rows);
    this.#sides.removed += lefts;
    this.#sides.added += rights;
    this.#block(false, lefts, rights);
  }

  done(): Omit<Sides, 'bounded'> {
    return this.#sides;
  }

  #block(alike: boolean, lefts: number, rights: number): void {
    if (lefts + rights === 0) return;
    this.#sides.blocks.push({ alike, left: this.#left, right: this.#right, lefts, rights, row: this.#sides.rows });
    this.#left += lefts;
    this.#right += rights;
    this.#sides.rows += Math.max(lefts, rights);
  }
}

/** What stands in a row of the view. */
export function rowOf({ blocks }: Sides, row: number): Row {
  let low = 0;
  let high = blocks.length - 1;
  while (low < high) {
    const half = (low + high + 1) >> 1;
    if ((blocks[half]?.row ?? 0) <= row) low = half;
    else high = half - 1;
  }
  const block = blocks[low];
  if (block === undefined) return { alike: true, left: null, right: null };
  const at = row - block.row;
  return {
    alike: block.alike,
    left: at < block.lefts ? block.left + at : null,
    right: at < block.rights ? block.right + at : null,
  };
}

export interface Mark {
  text: string;
  /** The other side has something else here. */
  other: boolean;
}

/** A line of each side that stand in one row, cut at what differs; uncut where most of it does. */
export function marked(left: string, right: string): [Mark[], Mark[]] {
  const whole = (text: string): Mark[] => [{ text, other: false }];
  const found =
    Math.max(left.length, right.length) > MOST_CHARACTERS ? undefined : diffWordsWithSpace(left, right, { maxEditLength: MOST_WORDS });
  const alike = found?.reduce((total, part) => total + (part.added || part.removed ? 0 : part.value.trim().length), 0) ?? 0;
  // Two lines that have nothing but a word or two in common are not one line that changed.
  if (found === undefined || alike * 3 < Math.max(left.length, right.length)) return [whole(left), whole(right)];
  const side = (not: 'added' | 'removed'): Mark[] =>
    found.filter((part) => !part[not]).map((part) => ({ text: part.value, other: part.added || part.removed }));
  return [side('added'), side('removed')];
}
