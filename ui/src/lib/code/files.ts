// Finds the files of a folder that a person gave to the browser, and what of it is no code. Reads names and ignore files.
// Two kinds of folder: one that was dropped (its entries are listed on demand) and one that was picked (the browser hands
// over all its files at once). Both become the same tree, and one walk goes through either.
import { Rules } from './rules';

export interface FileHere {
  kind: 'file';
  name: string;
  /** The file as it is now, where the browser can look again. */
  open: () => Promise<File>;
}

export interface FolderHere {
  kind: 'folder';
  name: string;
  list: () => Promise<(FileHere | FolderHere)[]>;
}

export interface Found {
  /** Within the folder, by slashes. */
  path: string;
  sizeBytes: number;
  open: () => Promise<File>;
}

export interface FoundFolder {
  name: string;
  files: Found[];
  sizeBytes: number;
  /** What a person may miss, by its path; not every file in it. */
  leftOut: { path: string; why: string }[];
  /** Whether it has dependencies that are made of links, which the browser keeps to itself. */
  lacksLinks: boolean;
}

/** More than any function has: the server takes 50,000. It ends the walk through a home folder that was dropped by mistake. */
const MOST_FILES = 50_000;
/** Files that are asked for side by side. */
export const AT_ONCE = 32;
/** As `leftOut` is for reading. */
const MOST_LEFT_OUT = 100;
/** Of pnpm, which makes a node_modules of links, and of Python's environments, whose interpreter is one. */
const MADE_OF_LINKS = new Set(['.modules.yaml', 'pyvenv.cfg']);
const IGNORE_FILES = ['.gitignore', '.drydockignore'] as const;

/** Something about one file: it vanished, or may not be read. */
export class FileProblem extends Error {
  override readonly name = 'FileProblem';
}

/** Walks through it. `seen` is told of the number of files so far. */
export async function findFiles(root: FolderHere, signal: AbortSignal, seen: (files: number) => void): Promise<FoundFolder> {
  const found: FoundFolder = { name: root.name, files: [], sizeBytes: 0, leftOut: [], lacksLinks: false };
  await walk(root, '', new Rules(), found, signal, seen);
  if (found.files.length === 0) throw new FileProblem(`${root.name} holds no files${found.leftOut.length > 0 ? ' but those that are left out' : ''}.`);
  found.files.sort((a, b) => (a.path < b.path ? -1 : 1));
  return found;
}

async function walk(folder: FolderHere, path: string, above: Rules, found: FoundFolder, signal: AbortSignal, seen: (files: number) => void): Promise<void> {
  const entries = await reading(path === '' ? folder.name : path, () => folder.list());
  let rules = above;
  for (const name of IGNORE_FILES) {
    const file = entries.find((entry) => entry.kind === 'file' && entry.name === name);
    if (file?.kind === 'file') rules = rules.with(name, path, await reading(path + name, async () => (await file.open()).text()));
  }
  const files: [at: string, file: FileHere][] = [];
  const folders: [at: string, folder: FolderHere][] = [];
  for (const entry of entries) {
    const at = path + entry.name;
    const why = rules.leavesOut(at, entry.kind === 'folder');
    if (why !== null) {
      if (found.leftOut.length < MOST_LEFT_OUT) found.leftOut.push({ path: entry.kind === 'folder' ? `${at}/` : at, why });
    } else if (entry.kind === 'folder') folders.push([`${at}/`, entry]);
    else files.push([at, entry]);
  }
  for (let first = 0; first < files.length; first += AT_ONCE) {
    signal.throwIfAborted();
    // Asking for a file takes a browser a millisecond, most of it waiting.
    await Promise.all(
      files.slice(first, first + AT_ONCE).map(async ([at, { name, open }]) => {
        const { size } = await reading(at, open);
        found.files.push({ path: at, sizeBytes: size, open });
        found.sizeBytes += size;
        found.lacksLinks ||= MADE_OF_LINKS.has(name);
      }),
    );
    if (found.files.length > MOST_FILES) throw new FileProblem(`${found.name} holds more than 50,000 files, which is more than a function may have. Is it the right folder?`);
    seen(found.files.length);
  }
  for (const [at, inner] of folders) {
    signal.throwIfAborted();
    await walk(inner, at, rules, found, signal, seen);
  }
}

/** Does something with a file; whatever goes wrong, its name is said. */
export async function reading<T>(path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof FileProblem || (error instanceof DOMException && error.name === 'AbortError')) throw error;
    throw new FileProblem(`${path} ${whyUnreadable(error)}`);
  }
}

function whyUnreadable(error: unknown): string {
  const name = error instanceof Error ? error.name : '';
  if (name === 'NotFoundError') return 'is no longer there. Choose the folder again.';
  // What Chromium says both of a file that may not be read and of one that was changed after it was chosen.
  if (name === 'NotReadableError') return 'cannot be read: it was changed meanwhile, or you may not read it. Choose the folder again.';
  return `cannot be read (${error instanceof Error ? error.message : String(error)}).`;
}

/** A folder that was dropped. */
export function droppedFolder(entry: FileSystemDirectoryEntry): FolderHere {
  return {
    kind: 'folder',
    name: entry.name,
    list: async () => {
      const reader = entry.createReader();
      const all: (FileHere | FolderHere)[] = [];
      for (;;) {
        // Chromium hands over a hundred at a time; none means the end.
        const batch = await new Promise<FileSystemEntry[]>((resolve, reject) => {
          reader.readEntries(resolve, reject);
        });
        if (batch.length === 0) return sorted(all);
        all.push(...batch.map(droppedEntry));
      }
    },
  };
}

function droppedEntry(entry: FileSystemEntry): FileHere | FolderHere {
  if (entry.isDirectory) return droppedFolder(entry as FileSystemDirectoryEntry);
  const open = () =>
    new Promise<File>((resolve, reject) => {
      (entry as FileSystemFileEntry).file(resolve, reject);
    });
  return { kind: 'file', name: entry.name, open };
}

/** A folder that was picked: its files as `webkitRelativePath` places them. Null when there is not one file. */
export function pickedFolder(files: Iterable<File>): FolderHere | null {
  interface Branch {
    folders: Map<string, Branch>;
    files: Map<string, File>;
  }
  const branch = (): Branch => ({ folders: new Map(), files: new Map() });
  const tree = branch();
  let top = '';
  for (const file of files) {
    const [first = '', ...inside] = file.webkitRelativePath.split('/');
    top = first;
    let at = tree;
    for (const part of inside.slice(0, -1)) {
      const next = at.folders.get(part) ?? branch();
      at.folders.set(part, next);
      at = next;
    }
    at.files.set(file.name, file);
  }
  const folder = (name: string, { folders, files: here }: Branch): FolderHere => ({
    kind: 'folder',
    name,
    list: () =>
      Promise.resolve(
        sorted([
          ...[...folders].map(([inner, content]) => folder(inner, content)),
          ...[...here.values()].map((file): FileHere => ({ kind: 'file', name: file.name, open: () => Promise.resolve(file) })),
        ]),
      ),
  });
  return top === '' ? null : folder(top, tree);
}

/** The same folder gives the same order, whatever the browser's. */
function sorted<T extends { name: string }>(entries: T[]): T[] {
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}
