import { expect, test } from 'vitest';
import type { TagRow } from '$lib/api/types-code';
import { brokenOf, inOrder, madeBy, otherThan } from './tags';

function tag($id: string, createdAtMs: number): TagRow {
  const code = { command: 'node index.js', size: 1234, files: 2 };
  return { $id, functionId: 'f', dateCreated: 1, createdAtMs, ...code, origin: 'watcher', pinned: false, outcome: null, errors: [], notice: null, inUse: 0 };
}

const [newest, middle, oldest] = [tag('c', 3), tag('b', 2), tag('a', 1)] as const;
const all = [newest, middle, oldest];

test('a tag is compared with the active one, and that with the one before it', () => {
  expect([otherThan(newest, all, 'a'), otherThan(newest, all, 'c'), otherThan(oldest, all, 'a')]).toEqual(['a', 'b', 'b']);
  expect([otherThan(newest, [newest], 'c'), otherThan(newest, all, '')]).toEqual([null, 'b']);
});

test('the older of two stands first', () => {
  expect([inOrder(newest, oldest), inOrder(oldest, newest)]).toEqual([{ from: 'a', to: 'c' }, { from: 'a', to: 'c' }]);
});

test('tags in words', () => {
  expect([madeBy({ origin: 'cli' }), brokenOf({ outcome: 'does-not-parse' }), brokenOf({ outcome: null })]).toEqual(['command line', 'does not parse', '']);
});
