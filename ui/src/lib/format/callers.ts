// In whose name something runs: as the server says it of an execution, and as the console asks for it.

export type Caller = { kind: 'console' | 'guest' } | { kind: 'key' | 'user'; id: string } | { kind: 'event'; name: string } | { kind: 'other'; text: string };

/** `owner`, `guest`, `key:ID`, `user:ID`, `event:NAME`. */
export function callerOf(text: string): Caller {
  if (text === 'owner') return { kind: 'console' };
  if (text === 'guest') return { kind: 'guest' };
  const colon = text.indexOf(':');
  const kind = text.slice(0, colon);
  const id = text.slice(colon + 1);
  if ((kind === 'key' || kind === 'user') && id !== '') return { kind, id };
  if (kind === 'event' && id !== '') return { kind, name: id };
  return { kind: 'other', text };
}

export interface ChosenUser {
  id: string;
  label: string;
}

/** What is chosen under "Run as". A user may be wanted before it is known which. */
export type RunAs = { kind: 'owner' | 'key' | 'guest' } | { kind: 'user'; user: ChosenUser | null };

/** As the server takes it; null while the user is missing. */
export function asOf(runAs: RunAs): string | null {
  if (runAs.kind !== 'user') return runAs.kind;
  return runAs.user === null ? null : `user:${runAs.user.id}`;
}
