// Every address of the console, both ways: path to place and place to path. Pure; the router keeps the current one.
// The project stands in the query (`?project=`), left out for the first one so that most links stay short.

export type FunctionTab = 'executions' | 'code' | 'settings';

export type Place =
  | { page: 'functions'; search: string; offset: number }
  | { page: 'function'; functionId: string; tab: 'executions'; executionId: string | null }
  | { page: 'function'; functionId: string; tab: 'code' | 'settings' }
  | { page: 'unknown'; path: string };

function decoded(segment: string): string | null {
  try {
    return decodeURIComponent(segment);
  } catch {
    return null;
  }
}

export function parsePlace(path: string, query = ''): Place {
  const unknown: Place = { page: 'unknown', path };
  const parts = path.split('/').filter((part) => part !== '').map(decoded);
  if (parts.includes(null)) return unknown;
  const [room, functionId, tab, executionId] = parts as string[];
  if (room === undefined || (room === 'functions' && functionId === undefined)) {
    const params = new URLSearchParams(query);
    const offset = Number(params.get('offset') ?? 0);
    return {
      page: 'functions',
      search: params.get('search') ?? '',
      offset: Number.isSafeInteger(offset) && offset > 0 ? offset : 0,
    };
  }
  if (room !== 'functions' || functionId === undefined || parts.length > 4) return unknown;
  if (tab === undefined || tab === 'executions') {
    return { page: 'function', functionId, tab: 'executions', executionId: executionId ?? null };
  }
  if ((tab === 'code' || tab === 'settings') && executionId === undefined) return { page: 'function', functionId, tab };
  return unknown;
}

/** `project` null for the first project of the session. */
export function hrefOf(place: Place, project: string | null): string {
  const query = new URLSearchParams();
  if (project !== null) query.set('project', project);
  let path = '/';
  if (place.page === 'functions') {
    path = '/functions';
    if (place.search !== '') query.set('search', place.search);
    if (place.offset > 0) query.set('offset', String(place.offset));
  } else if (place.page === 'function') {
    path = `/functions/${encodeURIComponent(place.functionId)}`;
    if (place.tab !== 'executions') path += `/${place.tab}`;
    else if (place.executionId !== null) path += `/executions/${encodeURIComponent(place.executionId)}`;
  } else {
    path = place.path;
  }
  const search = query.toString();
  return search === '' ? path : `${path}?${search}`;
}

/** The one-time token of `#token=HEX`, which only the fragment may carry. */
export function tokenOf(fragment: string): string | null {
  const token = new URLSearchParams(fragment.replace(/^#/, '')).get('token');
  return token === null || token === '' ? null : token;
}
