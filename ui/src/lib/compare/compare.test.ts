import { describe, expect, test } from 'vitest';
import { Lines } from '$lib/log/lines';
import { MOST_EDITS, MOST_LINES, marked, rowOf, sideBySide, type Sides } from './sides';
import { compared, verdict } from './verdict';

const letters = (text: string): string[] => [...text];
const count = (n: number, line: (i: number) => string): string[] => Array.from({ length: n }, (_, i) => line(i));

/** Each row as it is read: `a a`, `b -`, `- c`, or `b c` for what stands in one row and is not alike. */
function rows(sides: Sides, left: readonly string[], right: readonly string[]): string[] {
  return count(sides.rows, String).map((_, row) => {
    const at = rowOf(sides, row);
    const side = (line: number | null, texts: readonly string[]) => (line === null ? '-' : texts[line]);
    return `${side(at.left, left)}${at.alike ? '=' : ' '}${side(at.right, right)}`;
  });
}

function told(left: string, right: string): string[] {
  return rows(sideBySide(letters(left), letters(right)), letters(left), letters(right));
}

describe('side by side', () => {
  test('what is alike shares a row, what differs stands where it differs', () => {
    expect(told('abc', 'abc')).toEqual(['a=a', 'b=b', 'c=c']);
    expect(told('abcd', 'abXd')).toEqual(['a=a', 'b=b', 'c X', 'd=d']);
    expect(told('abd', 'abcd')).toEqual(['a=a', 'b=b', '- c', 'd=d']);
    expect(told('abXYcdZ', 'abcQd')).toEqual(['a=a', 'b=b', 'X -', 'Y -', 'c=c', '- Q', 'd=d', 'Z -']);
    expect(told('', 'ab')).toEqual(['- a', '- b']);
    expect(told('', '')).toEqual([]);
    expect(told('aa', 'aaa')).toEqual(['a=a', 'a=a', '- a']);
  });

  test('lines that went and came are counted, and each place where they did is known', () => {
    const sides = sideBySide(letters('abcdef'), letters('aBcdeXY'));
    expect([sides.removed, sides.added, sides.changes, sides.bounded]).toEqual([2, 3, [1, 5], null]);
  });

  test('however they are made, rows put together again are both texts', () => {
    let seed = 7;
    const random = (below: number): number => {
      seed = (seed * 48271) % 2147483647;
      return seed % below;
    };
    for (let round = 0; round < 300; round += 1) {
      const text = () => count(random(30), () => 'abc'.charAt(random(3)));
      const [left, right] = [text(), text()];
      const sides = sideBySide(left, right);
      const seen = count(sides.rows, String).map((_, row) => rowOf(sides, row));
      const numbers = (side: 'left' | 'right') => seen.map((at) => at[side]).filter((line) => line !== null);
      expect(numbers('left')).toEqual(left.map((_, i) => i));
      expect(numbers('right')).toEqual(right.map((_, i) => i));
      expect(seen.every((at) => !at.alike || left[at.left ?? -1] === right[at.right ?? -1])).toBe(true);
    }
  });
});

describe('bounds', () => {
  test('a long text with one change is compared whole', () => {
    const left = count(300_000, (i) => `line ${i}`);
    const right = [...left.slice(0, 150_000), 'one more', ...left.slice(150_000)];
    const sides = sideBySide(left, right);
    expect([sides.bounded, sides.removed, sides.added, sides.changes]).toEqual([null, 0, 1, [150_000]]);
  });

  test('more edits than can be found are paired by position, between what is alike', () => {
    const left = ['head', ...count(MOST_EDITS, (i) => `at ${i}`), 'tail'];
    const right = ['head', ...count(MOST_EDITS, (i) => `at ${i} later`), 'tail'];
    const sides = sideBySide(left, right);
    expect([sides.bounded, sides.rows, sides.changes]).toEqual(['edits', MOST_EDITS + 2, [1]]);
    expect(rowOf(sides, 2)).toEqual({ alike: false, left: 2, right: 2 });
    expect(rowOf(sides, MOST_EDITS + 1)).toEqual({ alike: true, left: MOST_EDITS + 1, right: MOST_EDITS + 1 });
  });

  test('also where each line alone is on both sides', () => {
    const left = count(2000, (i) => `line ${i}`);
    expect(sideBySide(left, [...left].reverse()).bounded).toBe('edits');
  });

  test('a middle of more lines than are looked at is paired by position', () => {
    const left = ['begun at 1', ...count(MOST_LINES, (i) => `line ${i}`), 'x', 'ended at 1'];
    const right = ['begun at 2', ...count(MOST_LINES, (i) => `line ${i}`), 'y', 'ended at 2', 'more'];
    const sides = sideBySide(left, right);
    expect([sides.bounded, sides.removed, sides.added]).toEqual(['lines', 3, 4]);
    expect([sides.changes, sides.rows]).toEqual([[0, MOST_LINES + 1], right.length]);
    expect(rowOf(sides, right.length - 1)).toEqual({ alike: false, left: null, right: right.length - 1 });
  });

  test('where every other line differs, the runs of them are bounded too', () => {
    const left = count(300_000, (i) => `line ${i}`);
    const right = left.map((line, i) => (i % 2 === 0 ? `${line}!` : line));
    const sides = sideBySide(left, right);
    expect(sides.bounded).toBe('lines');
    expect(sides.blocks.length).toBeLessThan(60_000);
    expect(rowOf(sides, 299_999)).toEqual({ alike: true, left: 299_999, right: 299_999 });
  });
});

describe('words', () => {
  test('of two lines that are nearly one, what differs is marked', () => {
    const [left, right] = marked('took 12 ms in all', 'took 9 ms in all');
    expect(left.filter(({ other }) => other)).toEqual([{ text: '12', other: true }]);
    expect(right.filter(({ other }) => other)).toEqual([{ text: '9', other: true }]);
    expect(left.map(({ text }) => text).join('')).toBe('took 12 ms in all');
  });

  test('two lines with little in common are not marked in pieces', () => {
    expect(marked('begun', 'data is 7')).toEqual([[{ text: 'begun', other: false }], [{ text: 'data is 7', other: false }]]);
  });
});

describe('verdict', () => {
  const of = (text: string): Lines => {
    const lines = new Lines();
    lines.push(text, 0);
    return lines;
  };
  const says = (before: string, now: string): string => verdict(compared(of(before), of(now)));

  test('says plainly what is the same', () => {
    expect(says('a\nb\n', 'a\nb\n')).toBe('identical');
    expect(says('', '')).toBe('identical, nothing was written');
    expect(says('a\n', '\x1b[31ma\x1b[0m\n')).toBe('the same text, with other colours or line ends');
    expect(says('a\n', 'a')).toBe('the same text, with other colours or line ends');
  });

  test('and how much is not', () => {
    expect(says('a\nb\n', 'a\nc\nd\n')).toBe('different: 1 line only before, 2 lines only now');
    expect(says('a\n', 'a\nb\n')).toBe('different: 1 line only now');
    expect(says('a\n', '')).toBe('different: 1 line only before');
  });
});
