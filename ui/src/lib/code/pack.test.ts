// Unpacked by the system's own tar: a reader of ours would share our mistakes.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Found } from './files';
import { pack, type Read } from './pack';

let scratch = '';
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'drydock-pack-'));
});
afterEach(() => {
  rmSync(scratch, { recursive: true });
});

const CHANGED_MS = Date.UTC(2026, 10, 24, 13, 2, 11);
const found = (path: string, content: string | Uint8Array<ArrayBuffer>): Found => {
  const file = new File([content], path.split('/').at(-1) ?? '', { lastModified: CHANGED_MS });
  return { path, sizeBytes: file.size, open: () => Promise.resolve(file) };
};
const never = () => new AbortController().signal;

async function unpacked(files: Found[]): Promise<string[]> {
  const archive = join(scratch, 'code.tar.gz');
  writeFileSync(archive, new Uint8Array(await (await pack(files, never(), () => undefined)).arrayBuffer()));
  execFileSync('tar', ['xzf', archive, '-C', scratch]);
  // Names as they are, not as tar would quote them.
  return execFileSync('tar', ['tzf', archive, '--quoting-style=literal'], { encoding: 'utf8' }).trimEnd().split('\n');
}

test('a folder comes out as it went in, under one top folder', async () => {
  const binary = Uint8Array.from({ length: 70_000 }, (_, at) => at % 256);
  const names = await unpacked([found('index.js', 'console.log(1)\n'), found('lib/empty', ''), found('lib/block', 'x'.repeat(512)), found('lib/blob', binary)]);
  expect(names).toEqual(['code/index.js', 'code/lib/empty', 'code/lib/block', 'code/lib/blob']);
  expect(readFileSync(join(scratch, 'code/index.js'), 'utf8')).toBe('console.log(1)\n');
  expect(new Uint8Array(readFileSync(join(scratch, 'code/lib/blob')))).toEqual(binary);
  const { mtimeMs, mode } = statSync(join(scratch, 'code/index.js'));
  expect([mtimeMs, mode & 0o111]).toEqual([CHANGED_MS, 0o111]);
});

test.each(['größe/日本語/😀.js', `${'deep/'.repeat(60)}index.js`, `${'n'.repeat(94)}.js`, `${'n'.repeat(95)}.js`, `${'ü'.repeat(80)}.js`, 'a b/it’s "quoted".js'])(
  'names of any length and script are kept: %s',
  async (path) => {
    expect(await unpacked([found(path, path), found('after.js', 'intact')])).toEqual([`code/${path}`, 'code/after.js']);
    expect(readFileSync(join(scratch, 'code', path), 'utf8')).toBe(path);
    expect(readFileSync(join(scratch, 'code/after.js'), 'utf8')).toBe('intact');
  },
);

test('a file of many slices is whole among small ones', async () => {
  const large = Uint8Array.from({ length: 2_500_001 }, (_, at) => (at * 7) % 251);
  await unpacked([found('a.js', 'a'), found('large.bin', large), found('z.js', 'z')]);
  expect(Buffer.compare(readFileSync(join(scratch, 'code/large.bin')), large)).toBe(0);
  expect(['a.js', 'z.js'].map((name) => readFileSync(join(scratch, 'code', name), 'utf8'))).toEqual(['a', 'z']);
});

test('what is read is told, to the last file and byte', async () => {
  const told: Read[] = [];
  await pack([found('a', '12345'), found('b', '')], never(), (so) => told.push(so));
  expect([told[0], told.at(-1)]).toEqual([{ files: 0, bytes: 5 }, { files: 2, bytes: 5 }]);
});

test('a file that vanished meanwhile is named, and so is one that was changed', async () => {
  const gone: Found = { path: 'lib/gone.js', sizeBytes: 1, open: () => Promise.reject(new DOMException('', 'NotFoundError')) };
  await expect(pack([found('a', '1'), gone], never(), () => undefined)).rejects.toThrow('lib/gone.js is no longer there');
  const cut = new File(['12345'], 'cut.js');
  Object.defineProperty(cut, 'size', { value: 9 });
  await expect(pack([{ path: 'cut.js', sizeBytes: 9, open: () => Promise.resolve(cut) }], never(), () => undefined)).rejects.toThrow('cut.js was changed');
});

test('packing that is given up ends', async () => {
  const given = new AbortController();
  const packing = pack([found('a', '1'), found('b', '2')], given.signal, () => given.abort());
  await expect(packing).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
});
