// How the page reaches the world when it runs in a browser: requests, the live stream, clipboard, files.
// The one module that a desktop window would replace; nothing else names fetch, storage or the clipboard.
import { readEvents } from './event-stream';

export function request(path: string, init: RequestInit): Promise<Response> {
  // The session is a cookie of our own origin; nothing here may be answered from a cache.
  return fetch(path, { credentials: 'same-origin', cache: 'no-store', ...init });
}

/** As `request`, telling how much of the body has left: fetch does not know. */
export function upload(path: string, { method, headers, body, signal }: Upload, sent: (bytes: number, ofBytes: number) => void): Promise<Response> {
  return new Promise((resolve, reject) => {
    const connection = new XMLHttpRequest();
    connection.open(method, path);
    connection.responseType = 'blob';
    for (const [name, value] of headers) connection.setRequestHeader(name, value);
    connection.upload.onprogress = ({ loaded, total }) => {
      sent(loaded, total);
    };
    const giveUp = () => {
      connection.abort();
    };
    connection.onload = () => {
      const { status, statusText, response } = connection;
      // A Response of a status that has no body takes none, not even an empty one.
      resolve(new Response(status === 204 ? null : (response as Blob), { status, statusText }));
    };
    connection.onerror = () => {
      reject(new TypeError('network error'));
    };
    connection.onabort = () => {
      reject(signal?.reason instanceof Error ? signal.reason : new DOMException('given up', 'AbortError'));
    };
    connection.onloadend = () => signal?.removeEventListener('abort', giveUp);
    signal?.throwIfAborted();
    signal?.addEventListener('abort', giveUp);
    connection.send(body);
  });
}

interface Upload {
  method: string;
  headers: Headers;
  body: FormData;
  signal: AbortSignal | null;
}

export interface EventsHandlers {
  message: (data: string) => void;
  /** Called once: the connection ended or never came. Opening a new one is the caller's decision. */
  ended: () => void;
}

/** Opens the stream and returns what closes it. An EventSource could not: it sends no header of ours. */
export function openEvents(path: string, headers: Record<string, string>, handlers: EventsHandlers): () => void {
  const connection = new AbortController();
  const message = (data: string) => {
    try {
      handlers.message(data);
    } catch (error) {
      // A mistake of who listens is no end of the connection.
      reportError(error);
    }
  };
  const read = async () => {
    try {
      const response = await request(path, { headers: { ...headers, Accept: 'text/event-stream' }, signal: connection.signal });
      if (response.status === 200 && response.body !== null) await readEvents(response.body, message);
    } catch {
      // The server went away, or we did.
    }
    const closed = connection.signal.aborted;
    // Lets go of an answer that was not read to its end, such as a refusal.
    connection.abort();
    if (!closed) handlers.ended();
  };
  void read();
  return () => {
    connection.abort();
  };
}

/** A text, or one that is on its way. */
export async function copyText(text: string | Promise<string>): Promise<void> {
  // `navigator.clipboard` exists on localhost and https only; a console opened over plain http by another name has none.
  if ('clipboard' in navigator && window.isSecureContext) {
    if (typeof text === 'string') return navigator.clipboard.writeText(text);
    // Handed over before it is there: once it is, the press of the button may be too long ago for the browser.
    const blob = text.then((arrived) => new Blob([arrived], { type: 'text/plain' }));
    return navigator.clipboard.write([new ClipboardItem({ 'text/plain': blob })]);
  }
  const area = document.createElement('textarea');
  area.value = await text;
  area.className = 'visually-hidden';
  document.body.append(area);
  area.select();
  const done = document.execCommand('copy');
  area.remove();
  if (!done) throw new Error('The browser did not allow copying; select the text and copy it by hand.');
  return undefined;
}

export function saveText(fileName: string, text: string): void {
  saveBlob(fileName, new Blob([text], { type: 'text/plain;charset=utf-8' }));
}

export function saveBlob(fileName: string, blob: Blob): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = fileName;
  link.click();
  // The download has taken its own reference by the next task.
  setTimeout(() => URL.revokeObjectURL(url), 0);
}

/** What could not be stored: storage can be switched off. The console then forgets with the page, and works until then. */
const inMemory = new Map<string, string>();

export function recall(key: string): string | null {
  try {
    return localStorage.getItem(`drydock.${key}`) ?? inMemory.get(key) ?? null;
  } catch {
    return inMemory.get(key) ?? null;
  }
}

export function remember(key: string, value: string | null): void {
  inMemory.delete(key);
  try {
    if (value === null) localStorage.removeItem(`drydock.${key}`);
    else localStorage.setItem(`drydock.${key}`, value);
  } catch {
    if (value !== null) inMemory.set(key, value);
  }
}

/** Calls back when another tab remembered something else under that key, or forgot it. */
export function whenRemembered(key: string, listener: () => void): void {
  window.addEventListener('storage', (event) => {
    // A null key: everything was cleared.
    if (event.key === `drydock.${key}` || event.key === null) listener();
  });
}
