// The events that functions can listen to: the closed list of the API, by the service that they are of.

import type { EventRow } from '$lib/api/types-events';

export interface EventGroup {
  service: string;
  /** Why they hardly happen, where that is so. */
  hint?: string;
  events: readonly string[];
}

const NONE_HERE = 'Drydock has none: these happen only when they are emitted by hand.';
const NO_MAIL = ['account.recovery.create', 'account.recovery.update', 'account.verification.create', 'account.verification.update'];

export const EVENT_GROUPS: readonly EventGroup[] = [
  {
    service: 'Functions',
    events: [
      'functions.create',
      'functions.update',
      'functions.delete',
      'functions.tags.create',
      'functions.tags.update',
      'functions.tags.delete',
      'functions.executions.create',
      'functions.executions.update',
    ],
  },
  {
    service: 'Account',
    events: [
      'account.create',
      'account.update.email',
      'account.update.name',
      'account.update.password',
      'account.update.prefs',
      'account.delete',
      'account.sessions.create',
      'account.sessions.delete',
    ],
  },
  {
    service: 'Users',
    events: [
      'users.create',
      'users.update.email',
      'users.update.name',
      'users.update.password',
      'users.update.prefs',
      'users.update.status',
      'users.delete',
      'users.sessions.delete',
    ],
  },
  {
    service: 'Teams',
    events: [
      'teams.create',
      'teams.update',
      'teams.delete',
      'teams.memberships.create',
      'teams.memberships.update',
      'teams.memberships.update.status',
      'teams.memberships.delete',
    ],
  },
  { service: 'Account, by mail', hint: 'Drydock sends no mail: these happen only when they are emitted by hand.', events: NO_MAIL },
  { service: 'Storage', hint: NONE_HERE, events: ['storage.files.create', 'storage.files.update', 'storage.files.delete'] },
  {
    service: 'Database',
    hint: NONE_HERE,
    events: [
      'database.collections.create',
      'database.collections.update',
      'database.collections.delete',
      'database.attributes.create',
      'database.attributes.delete',
      'database.indexes.create',
      'database.indexes.delete',
      'database.documents.create',
      'database.documents.update',
      'database.documents.delete',
    ],
  },
];

export const ALL_EVENTS: readonly string[] = EVENT_GROUPS.flatMap(({ events }) => events);

/** Whether nothing about it will change any more. */
export function isOver(event: EventRow | null): boolean {
  return event !== null && event.handled && event.started.every(({ status }) => status === 'completed' || status === 'failed');
}

/** `name` put in or taken out; in the order of the list, so that equal sets are equal lists. */
export function withEvent(events: readonly string[], name: string, on: boolean): string[] {
  const rest = events.filter((one) => one !== name);
  return inOrder(on ? [...rest, name] : rest);
}

export function inOrder(events: readonly string[]): string[] {
  // One that this console does not know stays, at the end.
  const rank = (one: string) => (ALL_EVENTS.includes(one) ? ALL_EVENTS.indexOf(one) : ALL_EVENTS.length);
  return [...events].sort((a, b) => rank(a) - rank(b));
}

/** The groups with those of their events that hold every word of the search; no empty ones. */
export function groupsWith(search: string): EventGroup[] {
  const words = search.toLowerCase().split(/\s+/).filter((word) => word !== '');
  const found = EVENT_GROUPS.map((group) => ({ ...group, events: group.events.filter((name) => words.every((word) => name.includes(word))) }));
  return found.filter(({ events }) => events.length > 0);
}
