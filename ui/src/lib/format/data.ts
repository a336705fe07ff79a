// The data of an execution while it is typed: how long it is and whether it reads as JSON.

/** The API's limit, in characters. */
export const DATA_LIMIT = 8192;
/** The server's limits of saved payloads: of one function, and of the name in characters. */
export const PAYLOADS_LIMIT = 50;
export const PAYLOAD_NAME_LIMIT = 64;

/** Characters as the server counts them: code points, not UTF-16 units. */
export function characters(text: string): number {
  // Each pair of surrogates is one character in two units.
  return text.length - (text.match(/[\ud800-\udbff][\udc00-\udfff]/g)?.length ?? 0);
}

export function isJson(text: string): boolean {
  if (text.trim() === '') return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Data for reading: JSON objects and arrays indented, anything else as it came. */
export function readable(text: string): string {
  const start = text.trimStart()[0];
  if (start !== '{' && start !== '[') return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
