// Functions and tags by the Appwrite API: the same calls that any SDK makes, as the project's owner.
// Lists and comparisons of tags are code.ts, users and teams accounts.ts; keys and what else belongs to a project is projects.ts.
import { call } from './http';
import { query } from './query';
import type { AppwriteFunction, FunctionSettings, Runtime, Tag } from './types';
import type { Usage, UsageRange } from './types-usage';

const at = (...parts: string[]) => `/v1/functions${parts.map((part) => `/${encodeURIComponent(part)}`).join('')}`;

export function runtimes(project: string): Promise<{ sum: number; runtimes: Runtime[] }> {
  return call(at('runtimes'), { project });
}

export function getFunction(project: string, id: string): Promise<AppwriteFunction> {
  return call(at(id), { project });
}

export function createFunction(
  project: string,
  made: { functionId: string; name: string; runtime: string } & Pick<FunctionSettings, 'execute'> & Partial<FunctionSettings>,
): Promise<AppwriteFunction> {
  return call(at(), { method: 'POST', project, json: made });
}

export function updateFunction(project: string, id: string, settings: FunctionSettings): Promise<AppwriteFunction> {
  return call(at(id), { method: 'PUT', project, json: settings });
}

export function deleteFunction(project: string, id: string): Promise<void> {
  return call(at(id), { method: 'DELETE', project });
}

export function usage(project: string, id: string, range: UsageRange): Promise<Usage> {
  return call(at(id, 'usage') + query({ range }), { project });
}

export function tag(project: string, functionId: string, tagId: string): Promise<Tag> {
  return call(at(functionId, 'tags', tagId), { project });
}

export function createTag(
  project: string,
  functionId: string,
  { command, code }: { command: string; code: File },
  signal: AbortSignal,
  sent: (bytes: number, ofBytes: number) => void,
): Promise<Tag> {
  const form = new FormData();
  form.set('command', command);
  form.set('code', code, code.name);
  return call(at(functionId, 'tags'), { method: 'POST', project, form, signal, sent });
}

export function activateTag(project: string, functionId: string, tagId: string): Promise<AppwriteFunction> {
  return call(at(functionId, 'tag'), { method: 'PATCH', project, json: { tag: tagId } });
}

export function deleteTag(project: string, functionId: string, tagId: string): Promise<void> {
  return call(at(functionId, 'tags', tagId), { method: 'DELETE', project });
}
