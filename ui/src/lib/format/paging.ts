// A page of a list that came whole, for lists that are short enough to.
import type { Page } from '$lib/api/types';

/** Rows that hold every word of the search, in their order. */
export function pageOf<Row>(rows: readonly Row[], textOf: (row: Row) => string, search: string, offset: number, size: number): Page<Row> {
  const words = search.toLowerCase().split(/\s+/).filter((word) => word !== '');
  const found = rows.filter((row) => {
    const text = textOf(row).toLowerCase();
    return words.every((word) => text.includes(word));
  });
  return { sum: found.length, rows: found.slice(offset, offset + size) };
}
