// Projects, and the keys, platforms and switches of each, by the Appwrite API. They belong to the project `console`.
import { call } from './http';
import type { AppwriteProject, CreatedKey, Platform } from './types-accounts';

const project = 'console';
/** The team that owns every project of a Drydock. */
const OWNERS = 'drydock';

const at = (...parts: string[]) => `/v1/projects${parts.map((part) => `/${encodeURIComponent(part)}`).join('')}`;

export type SignInMethod = 'email-password' | 'magic-url' | 'anonymous' | 'invites' | 'jwt' | 'phone';
export type ServiceName = 'account' | 'teams' | 'users' | 'functions' | 'health';

export function createProject(made: { projectId: string; name: string }): Promise<AppwriteProject> {
  return call(at(), { method: 'POST', project, json: { ...made, teamId: OWNERS } });
}

export function getProject(id: string): Promise<AppwriteProject> {
  return call(at(id), { project });
}

export function renameProject(id: string, name: string): Promise<AppwriteProject> {
  return call(at(id), { method: 'PATCH', project, json: { name } });
}

export function deleteProject(id: string): Promise<void> {
  return call(at(id), { method: 'DELETE', project });
}

export function setSignInMethod(id: string, method: SignInMethod, status: boolean): Promise<AppwriteProject> {
  return call(at(id, 'auth', method), { method: 'PATCH', project, json: { status } });
}

/** 0 for none. */
export function setUserLimit(id: string, limit: number): Promise<AppwriteProject> {
  return call(at(id, 'auth', 'limit'), { method: 'PATCH', project, json: { limit } });
}

export function setService(id: string, service: ServiceName, status: boolean): Promise<AppwriteProject> {
  return call(at(id, 'service'), { method: 'PATCH', project, json: { service, status } });
}

export function createKey(id: string, key: { name: string; scopes: string[] }): Promise<CreatedKey> {
  return call(at(id, 'keys'), { method: 'POST', project, json: key });
}

export function updateKey(id: string, keyId: string, key: { name: string; scopes: string[] }): Promise<unknown> {
  return call(at(id, 'keys', keyId), { method: 'PUT', project, json: key });
}

export function revokeKey(id: string, keyId: string): Promise<void> {
  return call(at(id, 'keys', keyId), { method: 'DELETE', project });
}

export async function platforms(id: string): Promise<Platform[]> {
  return (await call<{ platforms: Platform[] }>(at(id, 'platforms'), { project })).platforms;
}

export function addPlatform(id: string, made: { type: string; name: string; hostname?: string; key?: string }): Promise<Platform> {
  return call(at(id, 'platforms'), { method: 'POST', project, json: made });
}

export function removePlatform(id: string, platformId: string): Promise<void> {
  return call(at(id, 'platforms', platformId), { method: 'DELETE', project });
}
