// What the palette offers: places, functions with their tabs, executions, and what can be done. How it is found is fuzzy.ts.
import * as api from '$lib/api/console';
import type { ExecutionRow, FunctionRow } from '$lib/api/types';
import { copyText } from '$lib/backend/web';
import { clockOrDay } from '$lib/format/clock';
import { USUAL_RANGE, eventsPlace, executionPlace, listPlace, type FunctionTab, type Place } from '$lib/routes';
import { intents, type Intent } from '$lib/state/intents.svelte';
import { router } from '$lib/state/router.svelte';
import { server } from '$lib/state/server.svelte';
import { session } from '$lib/state/session.svelte';
import { theme, type Theme } from '$lib/state/theme.svelte';
import { toasts } from '$lib/state/toasts.svelte';

export type Group = 'Actions' | 'Functions' | 'Executions' | 'Places';

export interface Entry {
  id: string;
  group: Group;
  label: string;
  /** Beside it: an id, a status, keys. */
  note?: string;
  act: () => void;
}

/** Functions that are looked through at once; of more, those that the server finds. */
export const FUNCTIONS_AT_ONCE = 100;

const TABS: readonly { tab: FunctionTab; label: string }[] = [
  { tab: 'executions', label: 'Executions' },
  { tab: 'code', label: 'Code' },
  { tab: 'triggers', label: 'Triggers' },
  { tab: 'usage', label: 'Usage' },
  { tab: 'settings', label: 'Settings' },
];

const PLACES: readonly { label: string; to: () => Place }[] = [
  { label: 'Functions', to: () => listPlace('functions') },
  { label: 'Events', to: () => eventsPlace() },
  { label: 'Users', to: () => listPlace('users') },
  { label: 'Teams', to: () => listPlace('teams') },
  { label: 'API keys', to: () => listPlace('keys') },
  { label: 'Webhooks', to: () => listPlace('webhooks') },
  { label: 'Activity', to: () => ({ page: 'activity', kind: null }) },
  { label: 'Settings', to: () => ({ page: 'settings' }) },
];

function go(place: Place, intent?: Intent): void {
  router.goTo(session.href(place));
  if (intent !== undefined) intents.ask(intent);
}

function tabPlace(functionId: string, tab: FunctionTab): Place {
  if (tab === 'executions') return { page: 'function', functionId, tab, executionId: null };
  return tab === 'usage' ? { page: 'function', functionId, tab, range: USUAL_RANGE } : { page: 'function', functionId, tab };
}

export function places(): Entry[] {
  return PLACES.map(({ label, to }) => ({ id: `place-${label}`, group: 'Places', label, act: () => go(to()) }));
}

/** With a word about it: the palette is gone by then. */
function copy(text: string, what: string): void {
  copyText(text).then(
    () => toasts.tell(`${what} is copied`),
    () => toasts.tell(`${what} could not be copied: the browser refuses`, { tone: 'bad' }),
  );
}

/** What can be done from here. `onhelp` shows the keys. */
export function actions(onhelp: () => void): Entry[] {
  const here = router.place.page === 'function' ? router.place.functionId : null;
  const all: Entry[] = [];
  const add = (id: string, label: string, act: () => void, note?: string) => {
    all.push({ id: `act-${id}`, group: 'Actions', label, act, ...(note === undefined ? {} : { note }) });
  };
  if (here !== null) {
    add('execute', `Execute ${here}`, () => intents.ask('execute'), 'Ctrl ↵');
    add('data', `Edit the data for ${here}`, () => intents.ask('edit-data'));
    add('link', `Link folder to ${here}`, () => go(tabPlace(here, 'code'), 'link-folder'));
    add('upload', `Upload code to ${here}`, () => go(tabPlace(here, 'code'), 'upload-code'));
  }
  add('new', 'New function', () => go(listPlace('functions'), 'new-function'));
  add('emit', 'Emit an event', () => go(eventsPlace(), 'emit-event'));
  for (const project of session.projects) {
    if (project.id !== session.project) add(`project-${project.id}`, `Switch to project ${project.name}`, () => session.switchTo(project.id), project.id);
  }
  const themes: readonly { to: Theme; label: string }[] = [
    { to: 'light', label: 'Light theme' },
    { to: 'dark', label: 'Dark theme' },
    { to: 'system', label: 'System theme' },
  ];
  for (const { to, label } of themes) if (theme.current !== to) add(`theme-${to}`, label, () => (theme.current = to));
  const endpoint = server.status.value?.endpoint ?? `${location.origin}/v1`;
  add('endpoint', 'Copy endpoint', () => copy(endpoint, 'The endpoint'), endpoint);
  add('project-id', 'Copy project id', () => copy(session.project, 'The project id'), session.project);
  add('address', 'Copy address of this page', () => copy(location.href, 'The address of this page'));
  add('keys', 'Keyboard shortcuts', onhelp, '?');
  add('out', 'Sign out', () => void session.signOut());
  return all;
}

/** With their tabs: of the one that is open, and of all once something is typed. */
export function functionEntries(rows: readonly FunctionRow[], isTyped: boolean): Entry[] {
  const here = router.place.page === 'function' ? router.place.functionId : null;
  // The one that is open comes first, with its tabs.
  return [...rows]
    .sort((a, b) => Number(b.id === here) - Number(a.id === here))
    .flatMap(({ id, name }) =>
      TABS.filter(({ tab }) => isTyped || id === here || tab === 'executions').map(({ tab, label }): Entry => ({
        id: `fn-${id}-${tab}`,
        group: 'Functions',
        label: tab === 'executions' ? name : `${name} › ${label}`,
        ...(name === id ? {} : { note: id }),
        act: () => go(tabPlace(id, tab)),
      })),
    );
}

export function executionEntry(row: ExecutionRow, nowMs: number): Entry {
  const state = row.status === 'failed' ? `failed ${row.exitCode}` : row.status;
  return {
    id: `ex-${row.id}`,
    group: 'Executions',
    label: row.id,
    note: `${row.functionId} · ${state} · ${clockOrDay(row.startedAtMs ?? row.queuedAtMs, nowMs)}`,
    act: () => go(executionPlace(row)),
  };
}

/** The newest of what is open, else the last one of each function; newest first. */
export async function recentExecutions(project: string, rows: readonly FunctionRow[]): Promise<ExecutionRow[]> {
  if (router.place.page === 'function') return (await api.executionRows(project, router.place.functionId, { limit: 10 })).executions;
  return rows
    .map(({ lastExecution }) => lastExecution)
    .filter((row) => row !== null)
    .sort((a, b) => b.queuedAtMs - a.queuedAtMs)
    .slice(0, 10);
}
