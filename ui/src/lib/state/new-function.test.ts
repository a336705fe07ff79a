import { beforeEach, expect, test, vi } from 'vitest';
import * as appwrite from '$lib/api/appwrite';
import * as api from '$lib/api/code';
import * as payloads from '$lib/api/payloads';
import type { AppwriteFunction, Tag } from '$lib/api/types';
import type { FoundFunction } from '$lib/api/types-code';
import { NewFunction } from './new-function.svelte';

vi.mock('$lib/api/appwrite');
vi.mock('$lib/api/code');
vi.mock('$lib/api/payloads');

const RUNTIMES = ['node-20.0', 'python-3.11', 'dart-3.0'].map(($id) => ({ $id, name: '', version: '' }));
const INSTALLED = [{ family: 'python', path: '/usr/bin/python3', version: '3.11.2' }];
const FOUND: FoundFunction = {
  id: 'resize',
  suggestedId: 'other',
  name: 'Resize',
  folder: '/app/functions/resize',
  runtime: { value: 'node-20.0', why: 'package.json' },
  command: { value: 'node src/index.js', why: 'its main' },
  unclear: null,
  ignore: ['*.psd'],
  execute: ['role:all'],
  hasEnv: false,
  timeout: 30,
  schedule: null,
  events: ['users.create'],
  vars: { SIZE: '64' },
};

beforeEach(() => {
  vi.resetAllMocks();
  vi.mocked(appwrite.runtimes).mockResolvedValue({ sum: 3, runtimes: RUNTIMES });
  vi.mocked(appwrite.createFunction).mockResolvedValue({ $id: 'made' } as AppwriteFunction);
  vi.mocked(appwrite.createTag).mockResolvedValue({ $id: 'tag' } as Tag);
});

async function begun(): Promise<NewFunction> {
  const made = new NewFunction('default', () => INSTALLED);
  await made.loadRuntimes();
  return made;
}

async function inFolder(functions: FoundFunction[]): Promise<NewFunction> {
  vi.mocked(api.inspectFolder).mockImplementation((folder) => Promise.resolve({ folder, declaredIn: null, functions, notices: [] }));
  const made = await begun();
  made.start = 'folder';
  made.folder.path = '/app/functions/resize ';
  await made.folder.look();
  return made;
}

test('without code a name is enough, and nothing is sent but the function', async () => {
  const made = await begun();
  expect([made.ready, made.runtime]).toEqual([false, 'python-3.11']);
  made.typed.name = 'Mine';
  expect(await made.make()).toBe(true);
  expect(appwrite.createFunction).toHaveBeenCalledWith('default', { functionId: 'unique()', name: 'Mine', runtime: 'python-3.11', execute: [] });
  expect(appwrite.createTag).not.toHaveBeenCalled();
});

test('what a folder says fills what nobody typed, and goes into the function', async () => {
  const made = await inFolder([FOUND]);
  expect([made.name, made.suggested.id, made.runtime, made.command]).toEqual(['Resize', 'resize', 'node-20.0', 'node src/index.js']);
  made.typed.command = 'node other.js';
  made.id = 'resize';
  expect(await made.make()).toBe(true);
  expect(appwrite.createFunction).toHaveBeenCalledWith('default', expect.objectContaining({ functionId: 'resize', execute: ['role:all'], timeout: 30, events: ['users.create'], vars: { SIZE: '64' } }));
  expect(api.linkFolder).toHaveBeenCalledWith('default', 'made', { folder: '/app/functions/resize', command: 'node other.js', ignore: ['*.psd'], polling: false });
});

test('of several functions in a folder one is chosen', async () => {
  const made = await inFolder([FOUND, { ...FOUND, name: 'Crop', folder: '/app/functions/crop', runtime: null }]);
  made.folder.chosen = 1;
  expect([made.name, made.runtime]).toEqual(['Crop', 'python-3.11']);
});

test('a path that could be anywhere is not asked for', async () => {
  const made = await inFolder([FOUND]);
  made.folder.path = 'functions/resize';
  await made.folder.look();
  expect(api.inspectFolder).toHaveBeenCalledTimes(1);
  expect([made.ready, String(made.folder.found.error)]).toEqual([false, expect.stringContaining('whole path')]);
});

test('a folder that was changed after it was looked into is not ready', async () => {
  const made = await inFolder([FOUND]);
  expect(made.ready).toBe(true);
  made.folder.path = '/app/functions/resize-2';
  expect(made.ready).toBe(false);
});

test('a sample is packed and activated; a runtime without one says so', async () => {
  const made = await begun();
  made.start = 'sample';
  made.typed.runtime = 'dart-3.0';
  expect(made.ready).toBe(false);
  made.typed.runtime = 'python-3.11';
  expect(await made.make()).toBe(true);
  const [, , sent] = vi.mocked(appwrite.createTag).mock.calls[0] ?? [];
  expect([sent?.command, sent?.code.name]).toEqual(['python main.py', 'code.tar.gz']);
  expect(appwrite.activateTag).toHaveBeenCalledWith('default', 'made', 'tag');
});

test('a sample goes into a folder of its own beside the others, which is linked', async () => {
  vi.mocked(payloads.welcome).mockResolvedValue({ over: false, functionId: null, executed: false, saved: false, folder: '/home/ada/drydock' });
  vi.mocked(payloads.makeSample).mockResolvedValue({ folder: '/home/ada/drydock/my-hello' });
  const made = await begun();
  await made.loadHome();
  made.start = 'sample';
  made.typed.name = 'My hello';
  expect(made.sampleAt).toBe('/home/ada/drydock/my-hello');
  made.sampleFolder = 'somewhere';
  expect(made.ready).toBe(false);
  made.sampleFolder = null;
  vi.mocked(api.linkFolder).mockRejectedValueOnce(new Error('not now'));
  expect(await made.make()).toBe(false);
  expect(await made.make()).toBe(true);
  // Its folder was there already when it was tried again.
  expect(payloads.makeSample).toHaveBeenCalledTimes(1);
  expect(api.linkFolder).toHaveBeenLastCalledWith('default', 'made', { folder: '/home/ada/drydock/my-hello', command: 'python main.py', ignore: [], polling: false });
  expect(appwrite.createTag).not.toHaveBeenCalled();
});

test('after a failure only what is left is tried again', async () => {
  const made = await inFolder([FOUND]);
  vi.mocked(api.linkFolder).mockRejectedValueOnce(new Error('holds the data folder'));
  expect(await made.make()).toBe(false);
  expect(made.failed?.what).toBe('The function was made, but not linked to its folder');
  expect(await made.make()).toBe(true);
  expect(appwrite.createFunction).toHaveBeenCalledTimes(1);
});
