// What only the console asks: session, server status, rows with their last runs, whole logs, keys and their secrets,
// sessions in somebody's name.
import { call, callBlob } from './http';
import { query } from './query';
import type { Backend, EngineStatus, ExecutionDetail, ExecutionRow, FunctionRow, GivenVariables, LogPage, Network, Page, Project, ServerStatus } from './types';
import type { Key, Member, SignedIn } from './types-accounts';

const at = (...parts: string[]) => `/console/api/${parts.map(encodeURIComponent).join('/')}`;

/** Spends a one-time token: the cookie comes with the answer, the proof in it. */
export function redeem(token: string): Promise<{ proof: string }> {
  return call(at('session'), { method: 'POST', json: { token }, atTheDoor: true });
}

export function session(): Promise<{ projects: Project[] }> {
  return call(at('session'), { atTheDoor: true });
}

export function signOut(): Promise<void> {
  return call(at('session'), { method: 'DELETE', atTheDoor: true });
}

export function serverStatus(): Promise<ServerStatus> {
  return call(at('status'));
}

export async function functionRows(
  project: string,
  params: { search?: string; limit?: number; offset?: number },
): Promise<Page<FunctionRow>> {
  const path = at('projects', project, 'functions') + query(params);
  const { sum, functions: rows } = await call<{ sum: number; functions: FunctionRow[] }>(path);
  return { sum, rows };
}

export function functionRow(project: string, id: string): Promise<FunctionRow> {
  return call(at('projects', project, 'functions', id));
}

/** Says what its executions can reach and what they run as, from the next one that starts. */
export function setConfinement(project: string, id: string, network: Network, backend: Backend | null): Promise<FunctionRow> {
  return call(at('projects', project, 'functions', id), { method: 'PATCH', json: { network, backend: backend ?? 'server' } });
}

export function engineStatus(): Promise<EngineStatus> {
  return call(at('engine'));
}

/** Removes all containers of the server, also those that run. */
export function stopContainers(): Promise<void> {
  return call(at('engine', 'containers'), { method: 'DELETE' });
}

export function executionRows(
  project: string,
  functionId: string,
  params: { search?: string; limit?: number; cursor?: string | null },
): Promise<{ sum: number; executions: ExecutionRow[] }> {
  return call(at('projects', project, 'functions', functionId, 'executions') + query(params));
}

/** `as`: `owner`, `key`, `guest` or `user:ID`. `tag` empty for the active one. */
export function execute(project: string, functionId: string, data: string, as: string, tag: string): Promise<ExecutionRow> {
  return call(at('projects', project, 'functions', functionId, 'executions'), { method: 'POST', json: { data, as, tag } });
}

/** Executes one that has ended once more; `tag` empty for the one it ran. */
export function replay(project: string, executionId: string, tag: string): Promise<ExecutionRow> {
  return call(at('projects', project, 'executions', executionId, 'replay'), { method: 'POST', json: { tag } });
}

export function execution(project: string, executionId: string): Promise<ExecutionDetail> {
  return call(at('projects', project, 'executions', executionId));
}

/** The variables that it was given. */
export function variablesOf(project: string, executionId: string): Promise<GivenVariables> {
  return call(at('projects', project, 'executions', executionId, 'variables'));
}

/** Ends one that waits or runs; answers it as it then stands. */
export function cancelExecution(project: string, executionId: string): Promise<ExecutionRow> {
  return call(at('projects', project, 'executions', executionId, 'cancel'), { method: 'POST', json: {} });
}

/** Makes it stay when old ones are removed, or not. */
export function pinExecution(project: string, executionId: string, pinned: boolean): Promise<ExecutionRow> {
  return call(at('projects', project, 'executions', executionId), { method: 'PATCH', json: { pinned } });
}

export function logPage(project: string, executionId: string, after: number): Promise<LogPage> {
  return call(at('projects', project, 'executions', executionId, 'log') + query({ after }));
}

export function tagArchive(project: string, functionId: string, tagId: string): Promise<Blob> {
  return callBlob(at('projects', project, 'functions', functionId, 'tags', tagId, 'archive'));
}

export async function members(
  project: string,
  teamId: string,
  params: { search?: string; limit?: number; offset?: number },
): Promise<Page<Member>> {
  const path = at('projects', project, 'teams', teamId, 'memberships') + query(params);
  const { sum, memberships: rows } = await call<{ sum: number; memberships: Member[] }>(path);
  return { sum, rows };
}

/** A session of that user, with a token for it. */
export function signInAs(project: string, userId: string): Promise<SignedIn> {
  return call(at('projects', project, 'users', userId, 'sessions'), { method: 'POST', json: {} });
}

/** All of them, without their secrets. */
export async function keys(project: string): Promise<Key[]> {
  return (await call<{ keys: Key[] }>(at('projects', project, 'keys'))).keys;
}

export async function keySecret(project: string, keyId: string): Promise<string> {
  return (await call<{ secret: string }>(at('projects', project, 'keys', keyId, 'secret'))).secret;
}

export function streamPath(project: string): string {
  return at('projects', project, 'stream');
}
