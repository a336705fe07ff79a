// Events and schedules: what happened, emitting by hand, and what an expression would do.
import { call } from './http';
import { query } from './query';
import type { ExecutionRow, Page } from './types';
import type { EventDetail, EventRow, ScheduleMeaning } from './types-events';

const at = (...parts: string[]) => `/console/api/${parts.map(encodeURIComponent).join('/')}`;

/** Newest first. `search` looks at names: every word, and none that has a minus before it. */
export async function events(project: string, params: { search: string; limit: number; offset: number }): Promise<Page<EventRow>> {
  const path = at('projects', project, 'events') + query({ ...params, orderType: 'DESC' });
  const { sum, events: rows } = await call<{ sum: number; events: EventRow[] }>(path);
  return { sum, rows };
}

export function event(project: string, id: string): Promise<EventDetail> {
  return call(at('projects', project, 'events', id));
}

/** As if a call had done it. `payload` is JSON. */
export function emit(project: string, name: string, payload: string): Promise<EventDetail> {
  return call(at('projects', project, 'events'), { method: 'POST', json: { name, payload } });
}

/** As `emit`, with a sample as its payload. */
export function emitSample(project: string, name: string): Promise<EventDetail> {
  return call(at('projects', project, 'events'), { method: 'POST', json: { name } });
}

/** The same once more, with the payload that it had. */
export function emitAgain(project: string, id: string): Promise<EventDetail> {
  return call(at('projects', project, 'events', id, 'again'), { method: 'POST', json: {} });
}

/** What a payload of that event looks like. */
export async function samplePayload(name: string): Promise<unknown> {
  return (await call<{ payload: unknown }>(at('events', 'sample') + query({ name }))).payload;
}

export function scheduleMeaning(expression: string): Promise<ScheduleMeaning> {
  return call(at('schedules', 'next') + query({ expression }));
}

/** Runs the active tag as the schedule does; when that is due next stays as it is. */
export function runSchedule(project: string, functionId: string): Promise<ExecutionRow> {
  return call(at('projects', project, 'functions', functionId, 'schedule', 'run'), { method: 'POST', json: {} });
}
