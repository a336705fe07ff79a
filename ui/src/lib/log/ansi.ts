// ANSI colours of output: which style a line starts in, its coloured segments, and the text without any of it.
// Knows SGR (colour and weight); every other control sequence (cursor, title, link) is left out of what is shown.

/** A style in one number, so that a million lines can each keep theirs: flags, then foreground, then background. */
export interface Style {
  /** 0–15 palette, `#rrggbb` beyond, null for the default. */
  fg: number | string | null;
  bg: number | string | null;
  bold: boolean;
  dim: boolean;
  italic: boolean;
  underline: boolean;
  strike: boolean;
  inverse: boolean;
}

export interface Segment {
  text: string;
  style: Style;
}

export const PLAIN: Style = Object.freeze({
  fg: null,
  bg: null,
  bold: false,
  dim: false,
  italic: false,
  underline: false,
  strike: false,
  inverse: false,
});

/* CSI … final byte; OSC … BEL or ST; a charset choice; any other two-byte escape. An unfinished one at the end is
   matched too (the end of input stands for its end), so that half a sequence never shows while the rest is on its way. */
const SEQUENCE = /\x1b(?:\[([0-9:;<=>?]*)[ -/]*([@-~]|$)|\][^\x07\x1b]*(?:\x07|\x1b\\|\x1b?$)|[()*+][0-9A-Za-z]?|[^[\]()*+]|$)/g;

export function hasEscape(text: string): boolean {
  return text.includes('\x1b');
}

/** The text without control sequences. */
export function strip(text: string): string {
  return hasEscape(text) ? text.replace(SEQUENCE, '') : text;
}

/** The style after `text` when it began in `start`. */
export function styleAfter(text: string, start: Style): Style {
  if (!hasEscape(text)) return start;
  let style = start;
  for (const match of text.matchAll(SEQUENCE)) {
    if (match[2] === 'm') style = applySgr(style, match[1] ?? '');
  }
  return style;
}

/** The text cut at its changes of style. */
export function segments(text: string, start: Style): Segment[] {
  if (!hasEscape(text)) return text === '' ? [] : [{ text, style: start }];
  const found: Segment[] = [];
  let style = start;
  let from = 0;
  for (const match of text.matchAll(SEQUENCE)) {
    if (match.index > from) found.push({ text: text.slice(from, match.index), style });
    from = match.index + match[0].length;
    if (match[2] === 'm') style = applySgr(style, match[1] ?? '');
  }
  if (from < text.length) found.push({ text: text.slice(from), style });
  return found;
}

function applySgr(style: Style, params: string): Style {
  // Some programs part the parameters of a colour with colons; empty ones mean 0.
  const codes = params.split(/[;:]/).map((part) => (part === '' ? 0 : Number(part)));
  let next: Style = { ...style };
  for (let i = 0; i < codes.length; i += 1) {
    const code = codes[i] ?? 0;
    if (code === 0) next = { ...PLAIN };
    else if (code === 1) next.bold = true;
    else if (code === 2) next.dim = true;
    else if (code === 3) next.italic = true;
    else if (code === 4) next.underline = true;
    else if (code === 7) next.inverse = true;
    else if (code === 9) next.strike = true;
    else if (code === 22) next = { ...next, bold: false, dim: false };
    else if (code === 23) next.italic = false;
    else if (code === 24) next.underline = false;
    else if (code === 27) next.inverse = false;
    else if (code === 29) next.strike = false;
    else if (code >= 30 && code <= 37) next.fg = code - 30;
    else if (code === 39) next.fg = null;
    else if (code >= 40 && code <= 47) next.bg = code - 40;
    else if (code === 49) next.bg = null;
    else if (code >= 90 && code <= 97) next.fg = code - 90 + 8;
    else if (code >= 100 && code <= 107) next.bg = code - 100 + 8;
    else if (code === 38 || code === 48) {
      const [colour, used] = extendedColour(codes, i + 1);
      if (code === 38) next.fg = colour ?? next.fg;
      else next.bg = colour ?? next.bg;
      i += used;
    }
  }
  return next;
}

/** What follows 38 or 48: `5;n` of 256 colours, or `2;r;g;b`. Second value: how many parameters it took. */
function extendedColour(codes: number[], at: number): [number | string | null, number] {
  if (codes[at] === 5) {
    const n = codes[at + 1] ?? 0;
    return [n < 16 ? n : colourOf256(n), 2];
  }
  if (codes[at] === 2) return [hex(codes[at + 1] ?? 0, codes[at + 2] ?? 0, codes[at + 3] ?? 0), 4];
  return [null, codes.length];
}

function colourOf256(n: number): string {
  if (n >= 232) {
    const grey = 8 + (Math.min(n, 255) - 232) * 10;
    return hex(grey, grey, grey);
  }
  const level = (step: number) => (step === 0 ? 0 : 55 + step * 40);
  const cube = n - 16;
  return hex(level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6), level(cube % 6));
}

function hex(red: number, green: number, blue: number): string {
  return `#${[red, green, blue].map((part) => Math.min(255, Math.max(0, part)).toString(16).padStart(2, '0')).join('')}`;
}
