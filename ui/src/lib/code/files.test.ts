import { expect, test } from 'vitest';
import { droppedFolder, findFiles, pickedFolder, type FoundFolder } from './files';

interface Tree {
  [name: string]: string | Tree | DOMException;
}

/** The entries of the browser, a hundred at a time as Chromium hands them over. */
function entry(name: string, content: string | Tree | DOMException): FileSystemEntry {
  if (typeof content === 'string' || content instanceof DOMException) {
    const file = (resolve: (file: File) => void, reject: (error: DOMException) => void) => {
      if (typeof content === 'string') resolve(new File([content], name));
      else reject(content);
    };
    return { isDirectory: false, name, file } as unknown as FileSystemEntry;
  }
  const createReader = () => {
    const left = Object.entries(content).map(([inner, what]) => entry(inner, what));
    return { readEntries: (resolve: (entries: FileSystemEntry[]) => void) => resolve(left.splice(0, 100)) };
  };
  return { isDirectory: true, name, createReader } as unknown as FileSystemEntry;
}

const root = (tree: Tree) => droppedFolder(entry('my-code', tree) as FileSystemDirectoryEntry);
const find = (tree: Tree): Promise<FoundFolder> => findFiles(root(tree), new AbortController().signal, () => undefined);
const paths = async (tree: Tree) => (await find(tree)).files.map(({ path }) => path);

function picked(path: string): File {
  const file = new File(['x'], path.split('/').at(-1) ?? '');
  Object.defineProperty(file, 'webkitRelativePath', { value: path });
  return file;
}

test('a folder of more entries than the browser hands over at once is found whole, sorted', async () => {
  const names = Array.from({ length: 250 }, (_, at) => `f${String(at).padStart(3, '0')}.js`);
  expect(await paths(Object.fromEntries(names.toReversed().map((name) => [name, '']).concat([])))).toEqual(names);
});

test('history, caches, what editors leave and the file of variables are no code; the last is said', async () => {
  const found = await find({
    '.git': { config: '' },
    '.env': 'SECRET=1',
    'index.js': 'x',
    '.index.js.swp': '',
    'index.js~': '',
    '4913': '',
    lib: { __pycache__: { 'a.pyc': '' }, 'a.py': '', '.env': 'of the library' },
  });
  expect(found.files.map(({ path }) => path)).toEqual(['index.js', 'lib/.env', 'lib/a.py']);
  expect(found.leftOut.map(({ path }) => path)).toEqual(['.env', '.git/', '.index.js.swp', '4913', 'index.js~', 'lib/__pycache__/']);
  expect(found.leftOut[0]?.why).toContain('variables');
});

test('.gitignore is honoured, the deeper one first, but hides no dependencies and nothing in them', async () => {
  expect(
    await paths({
      '.gitignore': 'node_modules/\n*.log\n/build\n',
      build: { 'out.js': '' },
      'a.log': '',
      'A.LOG': '',
      node_modules: { ms: { 'index.js': '', 'kept.log': '', '.gitignore': 'index.js' } },
      lib: { '.gitignore': '!keep.log\nsecret.*\n', 'keep.log': '', 'secret.txt': '', build: { 'in.js': '' } },
    }),
  ).toEqual(['.gitignore', 'A.LOG', 'lib/.gitignore', 'lib/build/in.js', 'lib/keep.log', 'node_modules/ms/.gitignore', 'node_modules/ms/index.js', 'node_modules/ms/kept.log']);
});

test('.drydockignore says more than .gitignore: it may hide dependencies and bring back what Git does not keep', async () => {
  expect(
    await paths({ '.gitignore': 'dist\n', '.drydockignore': '!dist\nvendor\n', dist: { 'a.js': '' }, vendor: { 'b.php': '' } }),
  ).toEqual(['.drydockignore', '.gitignore', 'dist/a.js']);
});

test('what cannot be read is named', async () => {
  await expect(paths({ lib: { 'gone.js': new DOMException('', 'NotFoundError') } })).rejects.toThrow('lib/gone.js is no longer there');
  await expect(paths({ 'mine.js': new DOMException('', 'NotReadableError') })).rejects.toThrow('mine.js cannot be read');
});

test('a folder without code is refused', async () => {
  await expect(paths({ '.git': { config: '' } })).rejects.toThrow('my-code holds no files but those that are left out');
});

test('a picked folder is the same tree, by the paths of its files', async () => {
  const folder = pickedFolder([picked('my-code/lib/a.js'), picked('my-code/index.js'), picked('my-code/.git/config')]);
  if (folder === null) throw new Error('no folder');
  const found = await findFiles(folder, new AbortController().signal, () => undefined);
  expect([found.name, found.files.map(({ path }) => path), found.sizeBytes]).toEqual(['my-code', ['index.js', 'lib/a.js'], 2]);
  expect(pickedFolder([])).toBeNull();
});

test('dependencies that are made of links are told of, since a browser hands over none', async () => {
  expect((await find({ 'index.js': '', node_modules: { ms: { 'index.js': '' } } })).lacksLinks).toBe(false);
  expect((await find({ 'index.js': '', node_modules: { '.modules.yaml': '' } })).lacksLinks).toBe(true);
});

test('a walk that is given up ends', async () => {
  const given = new AbortController();
  given.abort();
  await expect(findFiles(root({ 'a.js': '' }), given.signal, () => undefined)).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
});
