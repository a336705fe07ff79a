// Tags as the console lists and compares them, and linked folders: what the Appwrite API has no word for.
import { call, callBlob } from './http';
import { query } from './query';
import type { Page } from './types';
import type { Inspected, Link, TagChanges, TagRow } from './types-code';

const at = (project: string, ...parts: string[]) => `/console/api/projects/${[project, ...parts].map(encodeURIComponent).join('/')}`;

/** Newest first. */
export async function tagRows(project: string, functionId: string, params: { search?: string; limit?: number; offset?: number }): Promise<Page<TagRow>> {
  const path = at(project, 'functions', functionId, 'tags') + query({ ...params, orderType: 'DESC' });
  const { sum, tags: rows } = await call<{ sum: number; tags: TagRow[] }>(path);
  return { sum, rows };
}

/** Makes it stay when the watcher's old ones are removed, or not. */
export function pinTag(project: string, functionId: string, tagId: string, pinned: boolean): Promise<TagRow> {
  return call(at(project, 'functions', functionId, 'tags', tagId), { method: 'PATCH', json: { pinned } });
}

export function tagChanges(project: string, functionId: string, { from, to }: { from: string; to: string }): Promise<TagChanges> {
  return call(at(project, 'functions', functionId, 'tags', to, 'changes') + query({ from }));
}

/** One file of a tag, up to 1 MB. */
export async function tagFile(project: string, functionId: string, tagId: string, path: string): Promise<Uint8Array> {
  const blob = await callBlob(at(project, 'functions', functionId, 'tags', tagId, 'file') + query({ path }));
  return new Uint8Array(await blob.arrayBuffer());
}

export function link(project: string, functionId: string): Promise<{ link: Link | null }> {
  return call(at(project, 'functions', functionId, 'link'));
}

export async function links(project: string): Promise<Link[]> {
  return (await call<{ links: Link[] }>(at(project, 'links'))).links;
}

/** Links it, or links it otherwise: what is not said is not kept. */
export function linkFolder(project: string, functionId: string, how: Pick<Link, 'folder' | 'command' | 'ignore' | 'polling'>): Promise<Link> {
  return call(at(project, 'functions', functionId, 'link'), { method: 'PUT', json: how });
}

export function unlinkFolder(project: string, functionId: string): Promise<void> {
  return call(at(project, 'functions', functionId, 'link'), { method: 'DELETE' });
}

/** What functions a folder of the server's machine holds. */
export function inspectFolder(folder: string): Promise<Inspected> {
  return call('/console/api/folders/inspect', { method: 'POST', json: { folder } });
}
