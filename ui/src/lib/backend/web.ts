// How the page reaches the world when it runs in a browser: requests, the live stream, clipboard, files.
// The one module that a desktop window would replace; nothing else names fetch, EventSource or the clipboard.

export function request(path: string, init: RequestInit): Promise<Response> {
  // The session is a cookie of our own origin; nothing here may be answered from a cache.
  return fetch(path, { credentials: 'same-origin', cache: 'no-store', ...init });
}

export interface EventsHandlers {
  message: (data: string) => void;
  /** Called once: the connection ended or never came. Opening a new one is the caller's decision. */
  ended: () => void;
}

/** Opens the stream and returns what closes it. */
export function openEvents(path: string, handlers: EventsHandlers): () => void {
  const source = new EventSource(path);
  source.onmessage = (event: MessageEvent<string>) => handlers.message(event.data);
  source.onerror = () => {
    // The browser's own retry has a fixed pace and says nothing of a lost session, so it is not used.
    source.close();
    handlers.ended();
  };
  return () => source.close();
}

export async function copyText(text: string): Promise<void> {
  // `navigator.clipboard` exists on localhost and https only; a console opened over plain http by another name has none.
  if ('clipboard' in navigator && window.isSecureContext) {
    await navigator.clipboard.writeText(text);
    return;
  }
  const area = document.createElement('textarea');
  area.value = text;
  area.className = 'visually-hidden';
  document.body.append(area);
  area.select();
  const done = document.execCommand('copy');
  area.remove();
  if (!done) throw new Error('The browser did not allow copying; select the text and copy it by hand.');
}

export function saveText(fileName: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/plain;charset=utf-8' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = fileName;
  link.click();
  // The download has taken its own reference by the next task.
  setTimeout(() => URL.revokeObjectURL(url), 0);
}

export function recall(key: string): string | null {
  try {
    return localStorage.getItem(`drydock.${key}`);
  } catch {
    // Storage can be switched off; the console then forgets, and works.
    return null;
  }
}

export function remember(key: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(`drydock.${key}`);
    else localStorage.setItem(`drydock.${key}`, value);
  } catch {
    // As in recall().
  }
}
