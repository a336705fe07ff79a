import { expect, test } from 'vitest';
import { query } from './query';

test('what is empty is left out', () => {
  expect(query({ search: '', limit: 25, offset: 0, cursor: null })).toBe('?limit=25&offset=0');
  expect(query({ search: undefined })).toBe('');
});

test.each([
  ['hopp', 'hopp*'],
  ['grace hopp', 'grace hopp*'],
  ['zoë', 'zoë*'],
  ['php-8.0', 'php-8.0*'],
  ['ada@', 'ada@'],
  ['ada ', 'ada '],
  ['hopp*', 'hopp*'],
  ['x'.repeat(256), 'x'.repeat(256)],
])('the word that is being typed is found by its beginning: %s', (typed, asked) => {
  expect(new URLSearchParams(query({ search: typed })).get('search')).toBe(asked);
});
