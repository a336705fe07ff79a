// What only the desktop window can do; a browser has none of it, and loads none of it.
export const inWindow = '__TAURI_INTERNALS__' in globalThis;

/** Has the user pick a folder of this machine, from that one on; null where they do not. */
export async function pickFolder(from: string): Promise<string | null> {
  return (await import('./desktop')).pickFolder(from);
}

/** Where the folder is that was dropped on the page just now; null where it was none. */
export async function droppedFolder(): Promise<string | null> {
  return (await import('./desktop')).droppedFolder();
}
