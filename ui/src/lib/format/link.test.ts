import { expect, test } from 'vitest';
import type { LastChange } from '$lib/api/types-code';
import { changedFiles, errorPlace, outcomeOf, signalOf } from './link';
import { folderAndName, isAbsolute, shortPath } from './paths';

const last: LastChange = { atMs: 1, tagId: 't', outcome: 'active', files: [], fileCount: 0, tookMs: 41.2, notice: null, errors: [] };

test('what is wrong with the code is said before that its folder is watched, and a lost folder before both', () => {
  expect(signalOf({ state: 'watching', last })).toEqual({ tone: 'ok', words: 'watching' });
  expect(signalOf({ state: 'polling', last: { ...last, outcome: 'does-not-parse' } })).toEqual({ tone: 'bad', words: 'does not parse' });
  expect(signalOf({ state: 'missing', last: { ...last, outcome: 'failed' } })).toEqual({ tone: 'bad', words: 'folder is missing' });
  expect(signalOf({ state: 'starting', last: null })).toEqual({ tone: 'wait', words: 'starting' });
});

test('a change says how long it took to be live', () => {
  expect([outcomeOf(last).words, outcomeOf({ ...last, outcome: 'failed' }).words]).toEqual(['live 41.2 ms after save', 'failed']);
});

test('of many changed files the first are named', () => {
  const files = [{ path: 'index.js', change: 'changed' as const }, { path: 'a.js', change: 'added' as const }, { path: 'b.js', change: 'removed' as const }];
  expect(changedFiles({ files, fileCount: 3 })).toBe('index.js, a.js (new), b.js (removed)');
  expect(changedFiles({ files, fileCount: 1007 })).toBe('index.js, a.js (new), b.js (removed) and 1,004 more');
});

test('the place of an error is as exact as it is known', () => {
  const at = (line: number | null, column: number | null) => errorPlace({ file: 'lib/a.js', line, column, message: '' });
  expect([at(14, 3), at(14, null), at(null, 3), at(null, null)]).toEqual(['lib/a.js:14:3', 'lib/a.js:14', 'lib/a.js', 'lib/a.js']);
});

test('paths of this machine and of others', () => {
  expect(['/home/ada', 'C:\\code', 'code', '~/code', './code'].map(isAbsolute)).toEqual([true, true, false, false, false]);
  expect([shortPath('/home/ada/app/functions/resize'), shortPath('/srv/code'), shortPath('C:\\Users\\ada\\app\\resize')]).toEqual(['…/functions/resize', '/srv/code', '…/app/resize']);
  expect([folderAndName('lib/a/b.js'), folderAndName('b.js')]).toEqual([['lib/a/', 'b.js'], ['', 'b.js']]);
});
