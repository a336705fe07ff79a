// Every address of the console, both ways: path to place and place to path. Pure; the router keeps the current one.
// The project stands in the query (`?project=`), left out for the first one so that most links stay short.

import { ACTIVITY_KINDS, type ActivityKind } from '$lib/api/types-activity';
import { RANGES, type UsageRange } from '$lib/api/types-usage';

export type FunctionTab = 'executions' | 'code' | 'triggers' | 'usage' | 'settings';

/** Most is looked at on the day that it happens. */
export const USUAL_RANGE: UsageRange = '24h';

/** What is shown of an execution; absent is what fits how it goes. */
export const EXECUTION_VIEWS = ['stdout', 'stderr', 'data', 'environment', 'compare'] as const;
export type ExecutionView = (typeof EXECUTION_VIEWS)[number];

/** Rooms that are one list. */
const LISTS = ['functions', 'users', 'teams', 'keys', 'webhooks'] as const;
export type ListName = (typeof LISTS)[number];

interface Listing {
  search: string;
  offset: number;
}

/** A webhook, its deliveries, and the one that is looked at. */
export type WebhookPlace = { page: 'webhook'; webhookId: string; deliveryId: string | null } & Listing;

/** Two tags side by side. */
export interface Compare {
  from: string;
  to: string;
}

export type ListPlace = { page: ListName } & Listing;

/** The events, and the one that is looked at. */
export type EventsPlace = { page: 'events'; eventId: string | null; withoutExecutions: boolean } & Listing;

/** The executions of a function, and the one that is looked at. */
export interface ExecutionsPlace {
  page: 'function';
  functionId: string;
  tab: 'executions';
  executionId: string | null;
  view?: ExecutionView;
  /** What it is compared with; absent for what it repeats, else for the one before it. */
  beside?: string;
}

export type Place =
  | ListPlace
  | ExecutionsPlace
  | { page: 'function'; functionId: string; tab: 'code'; compare?: Compare }
  | { page: 'function'; functionId: string; tab: 'usage'; range: UsageRange }
  | { page: 'function'; functionId: string; tab: 'triggers' | 'settings' }
  | EventsPlace
  | { page: 'user'; userId: string }
  /** The list is that of its members. */
  | ({ page: 'team'; teamId: string } & Listing)
  /** `kind` null for all of it. */
  | { page: 'activity'; kind: ActivityKind | null }
  | WebhookPlace
  | { page: 'settings' }
  | { page: 'unknown'; path: string };

/** A list from its beginning. */
export function listPlace(page: ListName): ListPlace {
  return { page, search: '', offset: 0 };
}

/** The newest events, all of them. */
export function eventsPlace(): EventsPlace {
  return { page: 'events', eventId: null, withoutExecutions: false, search: '', offset: 0 };
}

export function executionPlace({ id, functionId }: { id: string; functionId: string }): ExecutionsPlace {
  return { page: 'function', functionId, tab: 'executions', executionId: id };
}

function executionsPlace(functionId: string, executionId: string | null, query: string): ExecutionsPlace {
  const place: ExecutionsPlace = { page: 'function', functionId, tab: 'executions', executionId };
  if (executionId === null) return place;
  const params = new URLSearchParams(query);
  const view = EXECUTION_VIEWS.find((one) => one === params.get('view'));
  const beside = params.get('beside');
  if (view === undefined) return place;
  return view === 'compare' && beside !== null ? { ...place, view, beside } : { ...place, view };
}

function decoded(segment: string): string | null {
  try {
    return decodeURIComponent(segment);
  } catch {
    return null;
  }
}

function listing(query: string): Listing {
  const params = new URLSearchParams(query);
  const offset = Number(params.get('offset') ?? 0);
  return { search: params.get('search') ?? '', offset: Number.isSafeInteger(offset) && offset > 0 ? offset : 0 };
}

function functionPlace(functionId: string, tab: string | undefined, executionId: string | undefined, query: string): Place | null {
  if (tab === undefined || tab === 'executions') return executionsPlace(functionId, executionId ?? null, query);
  if (executionId !== undefined) return null;
  if (tab === 'triggers' || tab === 'settings') return { page: 'function', functionId, tab };
  const params = new URLSearchParams(query);
  if (tab === 'usage') return { page: 'function', functionId, tab, range: RANGES.find((range) => range === params.get('range')) ?? USUAL_RANGE };
  if (tab !== 'code') return null;
  const [from, to] = [params.get('from'), params.get('to')];
  return from === null || to === null ? { page: 'function', functionId, tab } : { page: 'function', functionId, tab, compare: { from, to } };
}

/** A webhook from its newest delivery. */
export function webhookPlace(webhookId: string): WebhookPlace {
  return { page: 'webhook', webhookId, deliveryId: null, search: '', offset: 0 };
}

export function parsePlace(path: string, query = ''): Place {
  const unknown: Place = { page: 'unknown', path };
  const parts = path.split('/').filter((part) => part !== '').map(decoded);
  if (parts.includes(null) || parts.length > 4) return unknown;
  const [room = 'functions', id, tab, executionId] = parts as string[];
  if (room === 'events' && tab === undefined) {
    const withoutExecutions = new URLSearchParams(query).get('executions') === 'no';
    return { page: 'events', eventId: id ?? null, withoutExecutions, ...listing(query) };
  }
  if (id === undefined) {
    const page = LISTS.find((name) => name === room);
    if (page !== undefined) return { page, ...listing(query) };
    if (room === 'activity') {
      const asked = new URLSearchParams(query).get('kind');
      return { page: 'activity', kind: ACTIVITY_KINDS.find((kind) => kind === asked) ?? null };
    }
    return room === 'settings' ? { page: 'settings' } : unknown;
  }
  if (room === 'functions') return functionPlace(id, tab, executionId, query) ?? unknown;
  if (room === 'webhooks' && (tab === undefined || (tab === 'deliveries' && executionId !== undefined))) {
    return { page: 'webhook', webhookId: id, deliveryId: executionId ?? null, ...listing(query) };
  }
  if (tab !== undefined) return unknown;
  if (room === 'users') return { page: 'user', userId: id };
  if (room === 'teams') return { page: 'team', teamId: id, ...listing(query) };
  return unknown;
}

function pathOf(place: Place): string {
  switch (place.page) {
    case 'function': {
      const path = `/functions/${encodeURIComponent(place.functionId)}`;
      if (place.tab !== 'executions') return `${path}/${place.tab}`;
      return place.executionId === null ? path : `${path}/executions/${encodeURIComponent(place.executionId)}`;
    }
    case 'events':
      return place.eventId === null ? '/events' : `/events/${encodeURIComponent(place.eventId)}`;
    case 'user':
      return `/users/${encodeURIComponent(place.userId)}`;
    case 'team':
      return `/teams/${encodeURIComponent(place.teamId)}`;
    case 'webhook': {
      const path = `/webhooks/${encodeURIComponent(place.webhookId)}`;
      return place.deliveryId === null ? path : `${path}/deliveries/${encodeURIComponent(place.deliveryId)}`;
    }
    case 'unknown':
      return place.path;
    default:
      return `/${place.page}`;
  }
}

/** `project` null for the first project of the session. */
export function hrefOf(place: Place, project: string | null): string {
  const query = new URLSearchParams();
  if (project !== null) query.set('project', project);
  if ('search' in place) {
    if (place.search !== '') query.set('search', place.search);
    if (place.offset > 0) query.set('offset', String(place.offset));
  }
  if ('withoutExecutions' in place && place.withoutExecutions) query.set('executions', 'no');
  if ('view' in place && place.view !== undefined) query.set('view', place.view);
  if ('beside' in place && place.beside !== undefined) query.set('beside', place.beside);
  if ('compare' in place) {
    query.set('from', place.compare.from);
    query.set('to', place.compare.to);
  }
  if ('range' in place && place.range !== USUAL_RANGE) query.set('range', place.range);
  if ('kind' in place && place.kind !== null) query.set('kind', place.kind);
  const search = query.toString();
  return search === '' ? pathOf(place) : `${pathOf(place)}?${search}`;
}

/** The one-time token of `#token=HEX`, which only the fragment may carry. */
export function tokenOf(fragment: string): string | null {
  const token = new URLSearchParams(fragment.replace(/^#/, '')).get('token');
  return token === null || token === '' ? null : token;
}
