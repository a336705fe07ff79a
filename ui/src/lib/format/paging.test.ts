import { expect, test } from 'vitest';
import { pageOf } from './paging';

const rows = ['CI of the shop', 'First key', 'CI of the blog'];
const page = (search: string, offset = 0, size = 25) => pageOf(rows, (row) => row, search, offset, size);

test('every word of the search must be there, in any order and case', () => {
  expect(page('shop ci')).toEqual({ sum: 1, rows: ['CI of the shop'] });
  expect(page('ci').sum).toBe(2);
  expect(page(' ').sum).toBe(3);
  expect(page('nowhere')).toEqual({ sum: 0, rows: [] });
});

test('the sum is of all that match, the rows are those of the page', () => {
  expect(page('', 1, 1)).toEqual({ sum: 3, rows: ['First key'] });
  expect(page('', 25, 25)).toEqual({ sum: 3, rows: [] });
});
