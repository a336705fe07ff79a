// Whether what is typed fits a text, how well, and where: its letters in order, better the closer they stand together and
// the more of them begin words. Pure.

export interface Fit {
  score: number;
  /** The units of the text that fit, in order. */
  at: number[];
}

/** Of texts of a line; a longer one is looked at that far. */
const LONGEST = 200;

/** Null where it does not fit. Words may come in any order: `usa hello` fits `Hello › Usage`. */
export function fit(typed: string, text: string): Fit | null {
  const words = typed.toLowerCase().split(/\s+/).filter((word) => word !== '');
  if (words.length === 0) return { score: 0, at: [] };
  const hay = text.slice(0, LONGEST).toLowerCase();
  // A text whose lower case is longer (İ) would be marked in the wrong places.
  if (hay.length !== Math.min(text.length, LONGEST)) return null;
  let score = 0;
  const at = new Set<number>();
  for (const word of words) {
    const found = best(word, hay);
    if (found === null) return null;
    score += found.score;
    for (const unit of found.at) at.add(unit);
  }
  // Of two that fit alike the shorter is meant.
  return { score: score - text.length / 100, at: [...at].sort((a, b) => a - b) };
}

function beginsWord(hay: string, at: number): boolean {
  return at === 0 || /[^\p{L}\p{N}]/u.test(hay[at - 1] ?? ' ');
}

function best(word: string, hay: string): Fit | null {
  // As one piece, at the beginning of a word where there is such a place.
  let whole: Fit | null = null;
  for (let start = hay.indexOf(word); start >= 0; start = hay.indexOf(word, start + 1)) {
    const score = word.length * 10 + (beginsWord(hay, start) ? 20 : 0) + (start === 0 ? 10 : 0);
    if (whole === null || score > whole.score) whole = { score, at: Array.from(word, (_, i) => start + i) };
  }
  if (whole !== null) return whole;
  // Else letter by letter from each place where the first one stands.
  let found: Fit | null = null;
  for (let start = hay.indexOf(word[0] ?? ''); start >= 0; start = hay.indexOf(word[0] ?? '', start + 1)) {
    const at: number[] = [];
    let score = 0;
    let from = start;
    for (const unit of word) {
      const next = hay.indexOf(unit, from);
      if (next < 0) break;
      score += beginsWord(hay, next) ? 8 : next === (at.at(-1) ?? -2) + 1 ? 5 : 1;
      at.push(next);
      from = next + 1;
    }
    if (at.length !== word.length) break;
    // Letters strewn over a line are in any long text.
    if ((at.at(-1) ?? 0) - start > word.length * 6) continue;
    if (found === null || score > found.score) found = { score, at };
  }
  return found;
}

/** A text cut at what fits. */
export function cut(text: string, at: readonly number[]): { text: string; fits: boolean }[] {
  const pieces: { text: string; fits: boolean }[] = [];
  const fits = new Set(at);
  for (let unit = 0; unit < text.length; unit += 1) {
    const last = pieces.at(-1);
    if (last !== undefined && last.fits === fits.has(unit)) last.text += text[unit];
    else pieces.push({ text: text[unit] ?? '', fits: fits.has(unit) });
  }
  return pieces;
}
