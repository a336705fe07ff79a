import { describe, expect, test } from 'vitest';
import type { ExecutionRow } from '$lib/api/types';
import { PLAIN, segments, strip, styleAfter } from './ansi';
import { highlight } from './highlight';
import { Lines, ROW_LIMIT } from './lines';
import { phases } from './phases';
import { CANVAS_LIMIT, WrappedHeights, evenHeights, scrollTopFor, visible } from './window';

const RED = '\x1b[31m';
const RESET = '\x1b[0m';

function linesOf(...frames: string[]): Lines {
  const lines = new Lines();
  frames.forEach((frame, i) => {
    lines.push(frame, 1000 + i);
  });
  return lines;
}

describe('colours', () => {
  test('text is cut where its style changes', () => {
    expect(segments(`a${RED}b\x1b[1mc${RESET}d`, PLAIN)).toEqual([
      { text: 'a', style: PLAIN },
      { text: 'b', style: { ...PLAIN, fg: 1 } },
      { text: 'c', style: { ...PLAIN, fg: 1, bold: true } },
      { text: 'd', style: PLAIN },
    ]);
  });

  test('256 colours and true colours', () => {
    expect(styleAfter('\x1b[38;5;9m', PLAIN).fg).toBe(9);
    expect(styleAfter('\x1b[38;5;208m', PLAIN).fg).toBe('#ff8700');
    expect(styleAfter('\x1b[48;5;244m', PLAIN).bg).toBe('#808080');
    expect(styleAfter('\x1b[38;2;1;2;300m', PLAIN).fg).toBe('#0102ff');
    expect(styleAfter('\x1b[38;5;208;4m', PLAIN)).toMatchObject({ fg: '#ff8700', underline: true });
  });

  test('an empty sequence resets, unknown codes change nothing', () => {
    expect(styleAfter(`${RED}\x1b[m`, PLAIN)).toEqual(PLAIN);
    expect(styleAfter('\x1b[73m', PLAIN)).toEqual(PLAIN);
  });

  test('cursor moves, titles and links leave only their text', () => {
    expect(strip('\x1b[2K\x1b[1Gdone \x1b]0;title\x07\x1b]8;;https://x\x1b\\link\x1b]8;;\x1b\\\x1b(B!')).toBe('done link!');
  });

  test('half a sequence at the end does not show', () => {
    expect([strip('a\x1b'), strip('a\x1b['), strip('a\x1b[3'), strip('a\x1b]0;ti')]).toEqual(['a', 'a', 'a', 'a']);
  });
});

describe('lines', () => {
  test('a line parted by a read is one line, with the time of its first byte', () => {
    const lines = linesOf('first\nsec', 'ond\nthird');
    expect(lines.texts).toEqual(['first', 'second', 'third']);
    expect(lines.times).toEqual([1000, 1000, 1001]);
    expect(lines.count).toBe(3);
  });

  test('CRLF is one break also when a read parts it, a lone CR breaks too', () => {
    expect(linesOf('a\r', '\nb\rc').texts).toEqual(['a', 'b', 'c']);
  });

  test('empty lines count, a final line break adds none', () => {
    expect(linesOf('\n\na\n').texts).toEqual(['', '', 'a']);
  });

  test('a colour lasts over lines and over reads', () => {
    const lines = linesOf(`${RED}a\nb`, `b\n${RESET}c\nd\n`);
    expect(lines.texts[1]).toBe('bb');
    expect(lines.styles.map((style) => style.fg)).toEqual([null, 1, 1, null]);
  });

  test('a sequence parted by a read still colours', () => {
    const lines = linesOf('\x1b[3', '1mred\nnext\n');
    expect(segments(lines.texts[0] ?? '', PLAIN)).toEqual([{ text: 'red', style: { ...PLAIN, fg: 1 } }]);
    expect(lines.styles[1]?.fg).toBe(1);
  });

  test('a long line is several rows and one line, and comes back whole', () => {
    const long = 'x'.repeat(ROW_LIMIT * 2 + 10);
    const lines = linesOf(long.slice(0, 5000), `${long.slice(5000)}\nend\n`);
    expect(lines.rows).toBe(4);
    expect(lines.count).toBe(2);
    expect([0, 1, 2, 3].map((row) => lines.isContinued(row))).toEqual([false, true, true, false]);
    expect(lines.texts.slice(0, 3).join('')).toBe(long);
    expect(lines.raw()).toBe(`${long}\nend\n`);
  });

  test('a long line is not cut inside a character or a colour', () => {
    const emoji = linesOf('x'.repeat(ROW_LIMIT - 1) + '😀');
    expect(emoji.texts[1]).toBe('😀');
    const coloured = linesOf('x'.repeat(ROW_LIMIT - 2) + RED + 'y');
    expect(coloured.texts[1]).toBe(`${RED}y`);
  });

  test('ten thousand lines arrive whole whatever the reads were', () => {
    const all = Array.from({ length: 10_000 }, (_, i) => `line ${i}\n`).join('');
    const lines = new Lines();
    for (let at = 0; at < all.length; at += 777) lines.push(all.slice(at, at + 777), 0);
    expect(lines.count).toBe(10_000);
    expect(lines.texts[9_999]).toBe('line 9999');
    expect(lines.raw()).toBe(all);
  });

  test('finds in any case and past colours', () => {
    const lines = linesOf(`one\nTy${RED}peError\ntwo typeerror\n`);
    expect(lines.find('typeError')).toEqual([1, 2]);
    expect(lines.find('typeError', 2)).toEqual([2]);
    expect(lines.find('')).toEqual([]);
  });

  test('copies without colours', () => {
    expect(linesOf(`${RED}a${RESET}\nb`).plain()).toBe('a\nb');
  });
});

test('matches are marked across colours', () => {
  const parts = segments(`a${RED}bc`, PLAIN);
  expect(highlight(parts, 'AB').map(({ text, match }) => [text, match])).toEqual([
    ['a', true],
    ['b', true],
    ['c', false],
  ]);
  expect(highlight(segments('xaxa', PLAIN), 'a').map(({ text }) => text)).toEqual(['x', 'a', 'x', 'a']);
});

describe('the window on the rows', () => {
  test('draws what is on screen and a little more', () => {
    const heights = evenHeights(10_000, 20);
    const slice = visible(heights, 10_000, 100_000, 400);
    expect(slice).toEqual({ first: 4988, end: 5033, offset: 99_760, canvas: 200_000 });
  });

  test('the end of a list too tall for a browser can be reached', () => {
    const rows = 2_000_000;
    const heights = evenHeights(rows, 20);
    const slice = visible(heights, rows, CANVAS_LIMIT - 400, 400);
    expect(slice.canvas).toBe(CANVAS_LIMIT);
    expect(slice.end).toBe(rows);
    // The last row ends where the canvas ends.
    expect(slice.offset + (rows - slice.first) * 20).toBe(CANVAS_LIMIT);
  });

  test('wrapped rows are as high as their columns need', () => {
    const heights = new WrappedHeights(10, 20);
    const lengths = [5, 25, 0];
    heights.extend(3, 0, (row) => lengths[row] ?? 0);
    expect([heights.top(1), heights.top(2), heights.total()]).toEqual([20, 80, 100]);
    expect([heights.at(0), heights.at(79), heights.at(80), heights.at(500)]).toEqual([0, 1, 2, 2]);
    heights.extend(4, 2, () => 11);
    expect(heights.total()).toBe(160);
  });

  test('a found row comes to the middle', () => {
    const heights = evenHeights(1000, 20);
    expect(scrollTopFor(heights, 500, 400)).toBe(9800);
    expect(scrollTopFor(heights, 0, 400)).toBe(0);
    expect(scrollTopFor(heights, 999, 400)).toBe(19_600);
  });
});

describe('the parts of a run', () => {
  const row: ExecutionRow = {
    id: 'e',
    variablesKnown: true,
    replayOf: null,
    by: null,
    sameVariables: null,
    functionId: 'f',
    tagId: 't',
    trigger: 'http',
    status: 'completed',
    exitCode: 0,
    caller: 'owner',
    eventId: null,
    queuedAtMs: 1000,
    startedAtMs: 1040,
    endedAtMs: 1100,
    durationSecs: 0.05,
    record: { peakMemoryBytes: null, cpuUs: null, limit: null, standby: null, isolation: null },
    pinned: false,
  };

  test('queued, started and ran add up to the whole', () => {
    expect(phases(row, 9999)).toEqual({ queuedMs: 40, startedMs: 10, ranMs: 50 });
  });

  test('a waiting one is queued until now, a running one runs until now', () => {
    expect(phases({ ...row, startedAtMs: null, endedAtMs: null }, 1500)).toEqual({ queuedMs: 500, startedMs: 0, ranMs: 0 });
    expect(phases({ ...row, endedAtMs: null }, 1500)).toEqual({ queuedMs: 40, startedMs: 0, ranMs: 460 });
  });
});
