import { expect, test } from 'vitest';
import type { ActivityLine, ActivityPage } from '$lib/api/types-activity';
import { refreshed } from './feed';

const page = (ids: string, next: string | null): ActivityPage => ({ lines: ids.split(' ').map((id) => ({ id }) as ActivityLine), next });
const ids = ({ lines }: ActivityPage) => lines.map(({ id }) => id).join(' ');

test('what is new comes on top, and older lines stay with the way to still older ones', () => {
  const shown = refreshed(page('e d c b a', 'after a'), page('g f e d c', 'after c'));
  expect([ids(shown), shown.next]).toEqual(['g f e d c b a', 'after a']);
});

test('where more came than a page holds, the page is all: there would be a gap', () => {
  const shown = refreshed(page('c b a', 'after a'), page('i h g', 'after g'));
  expect([ids(shown), shown.next]).toEqual(['i h g', 'after g']);
});

test('a line that is not there any more goes, unless it lies below the page', () => {
  const shown = refreshed(page('e d c b a', null), page('e c', 'after c'));
  expect([ids(shown), shown.next]).toEqual(['e c b a', null]);
});

test('at first, and where nothing older is shown, the page is all', () => {
  expect(refreshed(null, page('b a', null))).toEqual(page('b a', null));
  expect(refreshed(page('b a', 'old'), page('c b a', 'new')).next).toBe('new');
});
