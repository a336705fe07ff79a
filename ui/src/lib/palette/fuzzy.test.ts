import { expect, test } from 'vitest';
import { cut, fit } from './fuzzy';

const order = (typed: string, texts: string[]) =>
  texts
    .map((text) => ({ text, found: fit(typed, text) }))
    .filter(({ found }) => found !== null)
    .sort((a, b) => (b.found?.score ?? 0) - (a.found?.score ?? 0))
    .map(({ text }) => text);

test('a word that begins the text comes before one inside, letters in order after both', () => {
  expect(order('use', ['Mouse', 'Users', 'Hello › Usage', 'Webhooks'])).toEqual(['Users', 'Mouse', 'Hello › Usage']);
  expect(order('usg', ['Hello › Usage', 'Users'])).toEqual(['Hello › Usage']);
});

test('words come in any order and all must fit', () => {
  expect(order('usa hel', ['Hello › Usage', 'Hello › Code'])).toEqual(['Hello › Usage']);
  expect(fit('hello xyz', 'Hello › Usage')).toBeNull();
});

test('nothing typed fits everything', () => {
  expect(fit('  ', 'anything')?.score).toBe(0);
});

test('what fits is marked where it stands', () => {
  expect(cut('Usage', fit('sa', 'Usage')?.at ?? [])).toEqual([
    { text: 'U', fits: false },
    { text: 'sa', fits: true },
    { text: 'ge', fits: false },
  ]);
});
