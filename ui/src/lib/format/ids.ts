// Ids: the rule of the API, and a good one made from a name.

/** One letter or digit, then up to 35 of these. */
const RULE = /^[A-Za-z0-9][A-Za-z0-9._-]{0,35}$/;

export function isCustomId(id: string): boolean {
  return RULE.test(id);
}

/** `Résumé mailer!` → `resume-mailer`; empty when the name holds nothing usable. */
export function idFromName(name: string): string {
  return name
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '')
    .slice(0, 36)
    .replace(/[^a-z0-9]+$/, '');
}

/** Long ids in dense tables: the first ten of twenty, which is the time they were made at. */
export function shortId(id: string): string {
  return id.length > 14 ? id.slice(0, 10) : id;
}
