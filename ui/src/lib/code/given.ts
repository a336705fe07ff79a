// Code as a person gives it to the page: one archive, or one folder. What was dropped or picked becomes that, or words.
import { FileProblem, droppedFolder, type FolderHere, type FoundFolder } from './files';
import { pack, type Read } from './pack';

export type Code = { kind: 'archive'; file: File } | { kind: 'folder'; folder: FoundFolder };

const ONE = 'Give one folder, or one .tar.gz.';

/** The one thing that was dropped. To be called within the event: the browser forgets what it holds right after. */
export function dropped(data: DataTransfer): File | FolderHere {
  const items = [...data.items].filter(({ kind }) => kind === 'file');
  const [first] = items;
  if (first === undefined || items.length > 1) throw new FileProblem(ONE);
  const entry = first.webkitGetAsEntry();
  if (entry?.isDirectory === true) return droppedFolder(entry as FileSystemDirectoryEntry);
  const file = first.getAsFile();
  if (file === null) throw new FileProblem(ONE);
  return file;
}

/** An archive that the server can take; told before thirty megabytes have travelled. */
export function archive(file: File): Code {
  if (!file.name.endsWith('.gz') && !file.name.endsWith('.tgz')) throw new FileProblem(`${file.name} is not a .tar.gz. ${ONE}`);
  // The server's rule is about the last ending.
  const named = file.name.endsWith('.tgz') ? new File([file], file.name.replace(/\.tgz$/, '.tar.gz')) : file;
  return { kind: 'archive', file: named };
}

/** What is sent. */
export function packed(code: Code, signal: AbortSignal, read: (so: Read) => void): Promise<File> {
  return code.kind === 'archive' ? Promise.resolve(code.file) : pack(code.folder.files, signal, read);
}
