// Linked folders and what became of their last change, in words.
import type { LastChange, Link, LinkState, ParseError } from '$lib/api/types-code';
import { duration } from './duration';
import { count } from './size';

export interface Signalled {
  tone: 'ok' | 'bad' | 'wait';
  words: string;
}

const STATES: Record<LinkState, Signalled> = {
  starting: { tone: 'wait', words: 'starting' },
  watching: { tone: 'ok', words: 'watching' },
  polling: { tone: 'ok', words: 'polling' },
  missing: { tone: 'bad', words: 'folder is missing' },
  unreadable: { tone: 'bad', words: 'not readable' },
  paused: { tone: 'wait', words: 'paused' },
};

/** Of the folder alone. */
export function stateOf({ state }: Pick<Link, 'state'>): Signalled {
  return STATES[state];
}

/** Of the folder and of its code: what is wrong with the code stands before that it is watched. */
export function signalOf(link: Pick<Link, 'state' | 'last'>): Signalled {
  const state = stateOf(link);
  if (state.tone === 'bad' || link.last === null || link.last.outcome === 'active') return state;
  return { tone: 'bad', words: outcomeOf(link.last).words };
}

/** `live 41 ms after save` */
export function outcomeOf({ outcome, tookMs }: Pick<LastChange, 'outcome' | 'tookMs'>): Signalled {
  if (outcome === 'active') return { tone: 'ok', words: `live ${duration(tookMs)} after save` };
  return { tone: 'bad', words: outcome === 'failed' ? 'failed' : 'does not parse' };
}

/** More names than this nobody reads in a line. */
const MOST_NAMED = 3;

/** `index.js, lib/a.js (new), old.js (removed) and 4 more` */
export function changedFiles({ files, fileCount }: Pick<LastChange, 'files' | 'fileCount'>): string {
  const suffix = { added: ' (new)', changed: '', removed: ' (removed)' };
  const named = files.slice(0, MOST_NAMED).map(({ path, change }) => path + suffix[change]);
  const more = fileCount - named.length;
  return named.join(', ') + (more > 0 ? ` and ${count(more)} more` : '');
}

/** `index.js:14:3`, as editors take it. */
export function errorPlace({ file, line, column }: ParseError): string {
  return [file, line, line === null ? null : column].filter((part) => part !== null).join(':');
}
