// Packs found files as the .tar.gz of a tag, in the browser.
// Everything lies under one top folder in the archive, which unpacking drops again: a flat archive of a folder that holds
// a single folder would lose that one. Folders without files are not in it: the browser does not tell of those that are
// picked.
import { FileProblem, reading, type Found } from './files';
import { ending, fileHeader, joined, padding } from './tar';

/** The folder in the archive that holds everything. */
const TOP = 'code';
/** What is handed on at once: the compressor is slow on single blocks of a tar. */
const PIECE_BYTES = 256 * 1024;

export interface Read {
  files: number;
  bytes: number;
}

/** The archive; `read` is told of what was read so far. Rejects with what `signal` says when it is given up. */
export async function pack(files: readonly Found[], signal: AbortSignal, read: (so: Read) => void): Promise<File> {
  const pieces = gathered(tarOf(files, signal, read));
  const tar = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull: async (controller) => {
      const { done, value } = await pieces.next();
      if (done === true) controller.close();
      else controller.enqueue(value);
    },
    cancel: async () => {
      await pieces.return(undefined);
    },
  });
  // Read by hand: a Response would make one blob of it too, but tell no more than that there was an error.
  const packed = tar.pipeThrough(new CompressionStream('gzip')).getReader();
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for (;;) {
    const { done, value } = await packed.read();
    if (done) return new File(parts, 'code.tar.gz', { type: 'application/gzip' });
    parts.push(value);
  }
}

async function* tarOf(files: readonly Found[], signal: AbortSignal, read: (so: Read) => void): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let bytes = 0;
  for (const [at, { path, open }] of files.entries()) {
    signal.throwIfAborted();
    const file = await reading(path, open);
    yield fileHeader(`${TOP}/${path}`, file.size, file.lastModified / 1000);
    let left = file.size;
    const content = file.stream().getReader();
    for (;;) {
      const { done, value } = await reading(path, () => content.read());
      if (done) break;
      signal.throwIfAborted();
      left -= value.length;
      bytes += value.length;
      read({ files: at, bytes });
      yield value;
    }
    // The header has promised so much.
    if (left !== 0) throw new FileProblem(`${path} was changed while it was read. Try again.`);
    yield padding(file.size);
    read({ files: at + 1, bytes });
  }
  yield ending();
}

/** The same bytes in pieces of some size. */
async function* gathered(parts: AsyncGenerator<Uint8Array<ArrayBuffer>>): AsyncGenerator<Uint8Array<ArrayBuffer>, undefined> {
  let held: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  for await (const part of parts) {
    held.push(part);
    bytes += part.length;
    if (bytes < PIECE_BYTES) continue;
    yield joined(held);
    held = [];
    bytes = 0;
  }
  if (bytes > 0) yield joined(held);
}
