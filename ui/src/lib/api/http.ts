// One request to the server: headers, JSON, errors with words. Knows no resource.
import { request, upload } from '$lib/backend/web';
import { proofHeaders } from './proof';

/** The server answered with an error. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** No answer came at all: the server is gone or the network is. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';

  constructor() {
    super('The server does not answer. Is drydock serve still running?');
  }
}

interface Call {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  json?: unknown;
  form?: FormData;
  /** Set for the Appwrite API: acts on that project as its owner. */
  project?: string;
  signal?: AbortSignal;
  /** Told how much of a form has left. */
  sent?: (bytes: number, ofBytes: number) => void;
  /** The session calls themselves: their 401 is an answer, not news. */
  atTheDoor?: boolean;
}

/** Told of every 401, so that one place decides whether the session is over. */
let onUnauthorized: () => void = () => undefined;

export function whenUnauthorized(listener: () => void): void {
  onUnauthorized = listener;
}

export async function call<T>(path: string, how: Call = {}): Promise<T> {
  const response = await answer(path, how);
  return response.status === 204 ? (undefined as T) : ((await response.json()) as T);
}

/** A file: a plain link could not fetch it, since a navigation sends no header. */
export async function callBlob(path: string): Promise<Blob> {
  return (await answer(path, {})).blob();
}

async function answer(path: string, { method = 'GET', json, form, project, signal, sent, atTheDoor = false }: Call): Promise<Response> {
  const headers = new Headers(proofHeaders());
  if (project !== undefined) {
    headers.set('X-Appwrite-Project', project);
    headers.set('X-Appwrite-Mode', 'admin');
  }
  const init: RequestInit = { method, headers };
  if (json !== undefined) {
    headers.set('Content-Type', 'application/json');
    init.body = JSON.stringify(json);
  } else if (form !== undefined) {
    init.body = form;
  }
  if (signal !== undefined) init.signal = signal;

  let response: Response;
  try {
    response =
      form !== undefined && sent !== undefined
        ? await upload(path, { method, headers, body: form, signal: signal ?? null }, sent)
        : await request(path, init);
  } catch (error) {
    if (signal?.aborted === true) throw error;
    throw new NoAnswer();
  }
  if (!response.ok) {
    const error = await errorOf(response);
    if (response.status === 401 && !atTheDoor) onUnauthorized();
    throw error;
  }
  return response;
}

async function errorOf(response: Response): Promise<ApiError> {
  let message = `The server answered ${response.status} ${response.statusText}`.trim();
  try {
    const body: unknown = await response.json();
    if (typeof body === 'object' && body !== null && 'message' in body && typeof body.message === 'string') {
      message = body.message;
    }
  } catch {
    // Not JSON: the status alone must do.
  }
  return new ApiError(response.status, message);
}

/** What to show a person for anything that was thrown. */
export function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
