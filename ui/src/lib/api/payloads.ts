// Saved payloads, executing as if something else had started it, and the first steps.
import { call } from './http';
import type { ExecutionRow } from './types';
import type { Payloads, SavedPayload, Welcome } from './types-payloads';

const at = (...parts: string[]) => `/console/api/${parts.map(encodeURIComponent).join('/')}`;
const of = (project: string, functionId: string, ...parts: string[]) => at('projects', project, 'functions', functionId, ...parts);

export function payloads(project: string, functionId: string): Promise<Payloads> {
  return call(of(project, functionId, 'payloads'));
}

export function savePayload(project: string, functionId: string, payload: { name: string; data: string }): Promise<SavedPayload> {
  return call(of(project, functionId, 'payloads'), { method: 'POST', json: payload });
}

/** Gives it another name, or other data. */
export function changePayload(project: string, functionId: string, id: string, payload: { name: string; data: string }): Promise<SavedPayload> {
  return call(of(project, functionId, 'payloads', id), { method: 'PUT', json: payload });
}

export function deletePayload(project: string, functionId: string, id: string): Promise<void> {
  return call(of(project, functionId, 'payloads', id), { method: 'DELETE' });
}

/** What a function can be executed as if it had been started by. */
export type Trial = { trigger: 'schedule' } | { trigger: 'event'; event: string; payload: string };

/** Executes this function alone; `tag` empty for the active one. */
export function tryOut(project: string, functionId: string, trial: Trial, tag: string): Promise<ExecutionRow> {
  return call(of(project, functionId, 'executions'), { method: 'POST', json: { ...trial, tag } });
}

export function welcome(project: string): Promise<Welcome> {
  return call(at('projects', project, 'welcome'));
}

/** Ends the first steps for good. */
export function endWelcome(): Promise<void> {
  return call(at('welcome'), { method: 'DELETE' });
}

/** Makes a folder on the server's machine, which is new or empty, with the sample of that language in it. */
export function makeSample(folder: string, language: string): Promise<{ folder: string }> {
  return call(at('folders', 'sample'), { method: 'POST', json: { folder, language } });
}
