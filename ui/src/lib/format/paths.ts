// Paths of the machine that the server runs on, which need not be the browser's.

/** Whether it says where it is by itself: from `/`, or from a drive. */
export function isAbsolute(path: string): boolean {
  return path.startsWith('/') || /^[A-Za-z]:[\\/]/.test(path);
}

/** `…/functions/resize`: what tells folders apart stands at their end. */
export function shortPath(path: string): string {
  const parts = path.split(/[\\/]/).filter((part) => part !== '');
  return parts.length <= 3 ? path : `…/${parts.slice(-2).join('/')}`;
}

/** Folder and name: where there is no room for both, the name tells files apart. */
export function folderAndName(path: string): [folder: string, name: string] {
  const at = path.lastIndexOf('/') + 1;
  return [path.slice(0, at), path.slice(at)];
}
