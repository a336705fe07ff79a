// Packs found files as the .tar.gz of a tag, in the browser.
// Everything lies under one top folder in the archive, which unpacking drops again: a flat archive of a folder that holds
// a single folder would lose that one. Folders without files are not in it: the browser does not tell of those that are
// picked.
import { AT_ONCE, FileProblem, reading, type Found } from './files';
import { ending, fileHeader, joined, padding } from './tar';

/** The folder in the archive that holds everything. */
const TOP = 'code';
/** What is handed on at once: the compressor is slow on single blocks of a tar. */
const PIECE_BYTES = 256 * 1024;
/** Up to this a file is read whole: with all that are read at once 8 MB. */
const SMALL_BYTES = 256 * 1024;
/** Of a larger file so much at a time. */
const SLICE_BYTES = 1024 * 1024;

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
  let so: Read = { files: 0, bytes: 0 };
  for (const group of groups(files)) {
    signal.throwIfAborted();
    const opened = await Promise.all(group.map(async (found) => ({ path: found.path, file: await reading(found.path, found.open) })));
    // A file of its own may be large, and is read in pieces; of several none is.
    const whole = group.length === 1 ? null : await Promise.all(opened.map(({ path, file }) => reading(path, async () => new Uint8Array(await file.arrayBuffer()))));
    for (const [at, { path, file }] of opened.entries()) {
      yield fileHeader(`${TOP}/${path}`, file.size, file.lastModified / 1000);
      let left = file.size;
      for await (const piece of whole?.[at] === undefined ? inPieces(path, file) : [whole[at]]) {
        signal.throwIfAborted();
        left -= piece.length;
        so = { files: so.files, bytes: so.bytes + piece.length };
        read(so);
        yield piece;
      }
      // The header has promised so much.
      if (left !== 0) throw new FileProblem(`${path} was changed while it was read. Try again.`);
      yield padding(file.size);
      so = { files: so.files + 1, bytes: so.bytes };
      read(so);
    }
  }
  yield ending();
}

/** Small files that are read side by side, since a browser takes a millisecond for each; a large one by itself. */
function* groups(files: readonly Found[]): Generator<Found[]> {
  let group: Found[] = [];
  for (const found of files) {
    if (found.sizeBytes > SMALL_BYTES) {
      yield [found];
    } else {
      group.push(found);
      if (group.length < AT_ONCE) continue;
      yield group;
      group = [];
    }
  }
  if (group.length > 0) yield group;
}

/** By slices: of a file that is gone Chromium's stream knows only that there was a "network error". */
async function* inPieces(path: string, file: File): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (let at = 0; at < file.size; at += SLICE_BYTES) {
    yield await reading(path, async () => new Uint8Array(await file.slice(at, at + SLICE_BYTES).arrayBuffer()));
  }
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
