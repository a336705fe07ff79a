// What only the console asks: session, server status, rows with their last runs, whole logs.
import { call, callBlob, query } from './http';
import type { ExecutionDetail, ExecutionRow, FunctionRow, LogPage, Project, ServerStatus } from './types';

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

export function functionRows(
  project: string,
  params: { search?: string; limit?: number; offset?: number },
  signal?: AbortSignal,
): Promise<{ sum: number; functions: FunctionRow[] }> {
  return call(at('projects', project, 'functions') + query(params), signal ? { signal } : {});
}

export function executionRows(
  project: string,
  functionId: string,
  params: { search?: string; limit?: number; cursor?: string | null },
): Promise<{ sum: number; executions: ExecutionRow[] }> {
  return call(at('projects', project, 'functions', functionId, 'executions') + query(params));
}

export function execution(project: string, executionId: string): Promise<ExecutionDetail> {
  return call(at('projects', project, 'executions', executionId));
}

export function logPage(project: string, executionId: string, after: number): Promise<LogPage> {
  return call(at('projects', project, 'executions', executionId, 'log') + query({ after }));
}

export function tagArchive(project: string, functionId: string, tagId: string): Promise<Blob> {
  return callBlob(at('projects', project, 'functions', functionId, 'tags', tagId, 'archive'));
}

export function streamPath(project: string): string {
  return at('projects', project, 'stream');
}
