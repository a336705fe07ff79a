import { beforeEach, expect, test, vi } from 'vitest';
import { createTag } from '$lib/api/appwrite';
import type { Tag } from '$lib/api/types';
import type { Code } from '$lib/code/given';
import type { UploadStep } from '$lib/format/upload';
import { Upload, isGivenUp } from './upload.svelte';

vi.mock('$lib/api/appwrite');
beforeEach(() => vi.resetAllMocks());

const file = new File(['12345'], 'index.js');
const folder: Code = {
  kind: 'folder',
  folder: { name: 'f', files: [{ path: 'index.js', sizeBytes: 5, open: () => Promise.resolve(file) }], sizeBytes: 5, leftOut: [], lacksLinks: false },
};

test('a folder is packed, then sent, and each step is told', async () => {
  const upload = new Upload();
  const steps: (UploadStep | null)[] = [];
  vi.mocked(createTag).mockImplementation((_, __, { code }, ___, sent) => {
    steps.push(upload.step);
    sent(code.size, code.size);
    steps.push(upload.step);
    return Promise.resolve({ $id: 'tag' } as Tag);
  });
  expect((await upload.send('default', 'f', 'node index.js', folder)).$id).toBe('tag');
  const size = vi.mocked(createTag).mock.calls[0]?.[2].code.size ?? 0;
  expect(steps).toEqual([
    { at: 'sending', bytes: 0, ofBytes: size },
    { at: 'sending', bytes: size, ofBytes: size },
  ]);
  expect(upload.step).toBeNull();
});

test('an archive is sent as it is', async () => {
  vi.mocked(createTag).mockResolvedValue({ $id: 'tag' } as Tag);
  await new Upload().send('default', 'f', 'node index.js', { kind: 'archive', file });
  expect(vi.mocked(createTag).mock.calls[0]?.[2].code).toBe(file);
});

test('what is stopped while it is packed is never sent', async () => {
  const upload = new Upload();
  const sending = upload.send('default', 'f', 'node index.js', folder);
  upload.stop();
  const error = await sending.catch((thrown: unknown) => thrown);
  expect([isGivenUp(error), vi.mocked(createTag).mock.calls.length, upload.step]).toEqual([true, 0, null]);
});
