// Users and what they came with, in words.
import type { Client, User } from '$lib/api/types-accounts';

/** What a person would call that user: the name, else the e-mail, else the id. */
export function userLabel({ $id, name, email }: Pick<User, '$id' | 'name' | 'email'>): string {
  return name.trim() || email || $id;
}

/** `Chrome 128 on Linux`; what is not known is left out. */
export function clientLabel({ clientName, clientVersion = '', osName, osVersion = '' }: Client): string {
  const program = `${clientName} ${clientName === '' ? '' : clientVersion}`.trim();
  const system = `${osName} ${osName === '' ? '' : osVersion}`.trim();
  if (program === '') return system === '' ? 'unknown' : `something on ${system}`;
  return system === '' ? program : `${program} on ${system}`;
}

/** The API's limit of a user's preferences, in bytes of JSON. */
const PREFS_LIMIT = 65_535;

/** The preferences that a text says, and what keeps it from being any. */
export function prefsOf(text: string): { prefs: User['prefs']; problem: string } {
  if (text.trim() === '') return { prefs: {}, problem: '' };
  let prefs: unknown;
  try {
    prefs = JSON.parse(text);
  } catch (error) {
    return { prefs: {}, problem: `This is not JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
  if (typeof prefs !== 'object' || prefs === null || Array.isArray(prefs)) return { prefs: {}, problem: 'Preferences are a JSON object: {"theme": "dark"}' };
  if (new TextEncoder().encode(JSON.stringify(prefs)).length > PREFS_LIMIT) return { prefs: {}, problem: `Preferences hold at most ${PREFS_LIMIT} bytes.` };
  return { prefs: prefs as User['prefs'], problem: '' };
}
