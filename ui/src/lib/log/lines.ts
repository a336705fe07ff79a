// Turns the frames of one stream (what each read() gave) into rows that can be shown.
// A row is a line, or a piece of one longer than ROW_LIMIT. Columns instead of objects: output may hold millions of
// lines, and three arrays of plain values cost a fraction of as many objects. Must not know how rows are drawn.
import { PLAIN, hasEscape, strip, styleAfter, type Style } from './ansi';

/** Characters in one row. A browser lays out a text node of this length in well under a frame; one of megabytes freezes it. */
export const ROW_LIMIT = 4096;

const BREAK = /\r\n|\n|\r(?!$)/g;

export class Lines {
  /** What each row shows, control sequences included. */
  readonly texts: string[] = [];
  /** When the row's first byte arrived. */
  readonly times: number[] = [];
  /** The style each row starts in: a colour set in one line lasts until it is reset. */
  readonly styles: Style[] = [];
  /** Rows that continue the line before them: no line of their own. */
  readonly #continued = new Set<number>();
  readonly #raw: string[] = [];
  #open = false;
  #style: Style = PLAIN;

  /** Rows to show. */
  get rows(): number {
    return this.texts.length;
  }

  /** Lines of output, a last one without a line break included. */
  get count(): number {
    return this.texts.length - this.#continued.size;
  }

  isContinued(row: number): boolean {
    return this.#continued.has(row);
  }

  push(text: string, atMs: number): void {
    if (text === '') return;
    this.#raw.push(text);
    let pending = text;
    let firstAt = atMs;
    let firstContinued = false;
    if (this.#open) {
      const last = this.texts.length - 1;
      firstContinued = this.#continued.delete(last);
      pending = `${this.texts.pop() ?? ''}${text}`;
      firstAt = this.times.pop() ?? atMs;
      this.#style = this.styles.pop() ?? PLAIN;
    }
    let from = 0;
    // A carriage return at the very end waits: the next frame may bring the line feed that belongs to it.
    for (const match of pending.matchAll(BREAK)) {
      this.#line(pending.slice(from, match.index), firstAt, firstContinued);
      from = match.index + match[0].length;
      firstAt = atMs;
      firstContinued = false;
    }
    this.#open = from < pending.length;
    if (this.#open) this.#line(pending.slice(from), firstAt, firstContinued);
  }

  /** All of the output, byte for byte as it came. */
  raw(): string {
    return this.#raw.join('');
  }

  /** All of the output without colours, as it is copied. */
  plain(): string {
    return strip(this.raw());
  }

  /** Rows that hold `needle` (any case), from row `from` on, before `end`. */
  find(needle: string, from = 0, end = this.texts.length): number[] {
    const wanted = needle.toLowerCase();
    const found: number[] = [];
    if (wanted === '') return found;
    for (let row = from; row < end; row += 1) {
      if (strip(this.texts[row] ?? '').toLowerCase().includes(wanted)) found.push(row);
    }
    return found;
  }

  #line(text: string, atMs: number, continued: boolean): void {
    let rest = text;
    let follows = continued;
    while (rest.length > ROW_LIMIT) {
      const cut = cutBefore(rest, ROW_LIMIT);
      this.#row(rest.slice(0, cut), atMs, follows);
      rest = rest.slice(cut);
      follows = true;
    }
    this.#row(rest, atMs, follows);
  }

  #row(text: string, atMs: number, continued: boolean): void {
    if (continued) this.#continued.add(this.texts.length);
    this.texts.push(text);
    this.times.push(atMs);
    this.styles.push(this.#style);
    this.#style = styleAfter(text, this.#style);
  }
}

/** Where to cut a long line: not inside a character of two units, not inside a control sequence. */
function cutBefore(text: string, limit: number): number {
  let cut = limit;
  const unit = text.charCodeAt(cut - 1);
  if (unit >= 0xd800 && unit <= 0xdbff) cut -= 1;
  // Colour sequences are short; looking further back than this would be looking at text.
  const back = text.slice(Math.max(0, cut - 32), cut);
  const escape = back.lastIndexOf('\x1b');
  if (hasEscape(back) && !/^\x1b\[[0-9:;]*[@-~]/.test(back.slice(escape))) cut = cut - back.length + escape;
  return cut > 0 ? cut : limit;
}
