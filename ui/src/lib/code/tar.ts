// Writes a tar archive, block by block: a ustar header, the content, padding. Knows bytes, no file and no browser.
// By hand, since it is eighty lines and the packages for it are made for Node's streams.

const BLOCK = 512;
const NAME_BYTES = 100;
const encoder = new TextEncoder();

/** A browser does not see whether a file may be run, so every file may, as in archives that are made on Windows. */
const FILE_MODE = 0o755;

/** What stands before the content of a file: its header, and before that the long or foreign name that does not fit one. */
export function fileHeader(path: string, sizeBytes: number, modifiedSecs: number): Uint8Array<ArrayBuffer> {
  const name = encoder.encode(path);
  const modified = Math.max(0, Math.floor(modifiedSecs));
  if (name.length <= NAME_BYTES && name.length === path.length) return header(name, '0', sizeBytes, modified);
  // The standard field is for a hundred bytes of ASCII. The real name goes before it, and this one is for readers that
  // know no better.
  const record = paxRecord('path', path);
  const short = name.subarray(0, NAME_BYTES);
  const parts = [header(encoder.encode('PaxHeader'), 'x', record.length, modified), record, padding(record.length), header(short, '0', sizeBytes, modified)];
  return joined(parts);
}

/** What fills the last block of a content of that size. */
export function padding(sizeBytes: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array((BLOCK - (sizeBytes % BLOCK)) % BLOCK);
}

/** What ends an archive: two empty blocks. */
export function ending(): Uint8Array<ArrayBuffer> {
  return new Uint8Array(2 * BLOCK);
}

export function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** `21 path=src/größe.js\n`: its length counts itself. */
function paxRecord(key: string, value: string): Uint8Array {
  const rest = encoder.encode(` ${key}=${value}\n`);
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return joined([encoder.encode(String(length)), rest]);
}

function header(name: Uint8Array, type: '0' | 'x', sizeBytes: number, modifiedSecs: number): Uint8Array<ArrayBuffer> {
  const block = new Uint8Array(BLOCK);
  const put = (text: string, at: number) => {
    block.set(encoder.encode(text), at);
  };
  const octal = (n: number, digits: number) => `${n.toString(8).padStart(digits, '0')}\0`;
  block.set(name, 0);
  put(octal(FILE_MODE, 7), 100);
  // Owner and group are the affair of whoever unpacks.
  put(octal(0, 7), 108);
  put(octal(0, 7), 116);
  put(octal(sizeBytes, 11), 124);
  put(octal(modifiedSecs, 11), 136);
  // The sum is taken with its own field as spaces.
  put(' '.repeat(8), 148);
  put(type, 156);
  put('ustar\x0000', 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  put(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}
