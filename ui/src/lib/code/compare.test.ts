import { expect, test } from 'vitest';
import { compare, type Compared } from './compare';

const bytes = (text: string | null) => (text === null ? null : new TextEncoder().encode(text));
const lines = (from: string | null, to: string | null): string[] => told(compare(bytes(from), bytes(to)));

function told(compared: Compared): string[] {
  if (compared.kind !== 'lines') return [compared.kind];
  const signs = { same: ' ', added: '+', removed: '-', gap: '…', note: '\\' };
  return compared.rows.map(({ kind, from, to, text }) => `${signs[kind]}${from ?? ''}|${to ?? ''}|${text}`);
}

const numbered = (count: number) => Array.from({ length: count }, (_, at) => `line ${at + 1}\n`);

test('a changed line is shown among three on either side, with its numbers', () => {
  const before = numbered(20).join('');
  const after = numbered(20).toSpliced(9, 1, 'tenth\n', 'and a half\n').join('');
  expect(lines(before, after)).toEqual([
    '…||',
    ' 7|7|line 7',
    ' 8|8|line 8',
    ' 9|9|line 9',
    '-10||line 10',
    '+|10|tenth',
    '+|11|and a half',
    ' 11|12|line 11',
    ' 12|13|line 12',
    ' 13|14|line 13',
  ]);
  expect(compare(bytes(before), bytes(after))).toMatchObject({ added: 2, removed: 1, more: 0 });
});

test('a new file is all added, a removed one all removed', () => {
  expect([lines(null, 'a\nb\n'), lines('a\n', null)]).toEqual([['+|1|a', '+|2|b'], ['-1||a']]);
});

test('line ends are seen where they are what differs', () => {
  expect(lines('a\n', 'a\r\n')).toEqual(['-1||a', '+|1|a␍']);
  expect(lines('a\n', 'a')).toEqual(['-1||a', '+|1|a', '\\||no line break at the end']);
});

test('what is no text is said to be none', () => {
  expect(compare(new Uint8Array([1, 0, 2]), bytes('text'))).toEqual({ kind: 'binary' });
});

test('a change of more lines than anybody reads is cut, and counted whole', () => {
  const compared = compare(null, bytes(numbered(5000).join('')));
  expect(compared).toMatchObject({ kind: 'lines', added: 5000, more: 2000 });
});

test('two texts that have little in common end too', () => {
  const random = (seed: number) => Array.from({ length: 60_000 }, (_, at) => `${(at * seed) % 7919}\n`).join('');
  expect(compare(bytes(random(31)), bytes(random(57)), 20).kind).toBe('too-different');
});
