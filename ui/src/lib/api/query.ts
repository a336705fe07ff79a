// The query of a request's address.

/** Longest search the server takes, in characters. */
export const MAX_SEARCH = 256;

/** `{search: '', limit: 25}` → `?limit=25`: what is empty is left out. A search finds also the word that is still being typed. */
export function query(params: Record<string, string | number | null | undefined>): string {
  const out = new URLSearchParams();
  for (const [key, value] of Object.entries(params)) {
    if (value === null || value === undefined || value === '') continue;
    out.set(key, key === 'search' ? asTyped(String(value)) : String(value));
  }
  const text = out.toString();
  return text === '' ? '' : `?${text}`;
}

/** The server finds whole words; a star behind one stands for its rest. */
function asTyped(search: string): string {
  const isInWord = /[\p{L}\p{N}]$/u.test(search);
  return isInWord && search.length < MAX_SEARCH ? `${search}*` : search;
}
