// A feed that grows at its top while older lines stay beneath.
import type { ActivityPage } from '$lib/api/types-activity';

/** Lines kept while new ones arrive on top: more is no longer read, only scrolled. */
const MOST = 1000;

/** A fresh first page over what was shown: older lines stay where the page reaches down to them, else there would be a gap. */
export function refreshed(known: ActivityPage | null, page: ActivityPage): ActivityPage {
  if (known === null) return page;
  const fresh = new Set(page.lines.map(({ id }) => id));
  const last = known.lines.findLastIndex(({ id }) => fresh.has(id));
  if (last < 0 || last === known.lines.length - 1) return page;
  const lines = [...page.lines, ...known.lines.slice(last + 1)];
  return lines.length > MOST ? page : { lines, next: known.next };
}
