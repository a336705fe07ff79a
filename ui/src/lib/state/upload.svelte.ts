// Code on its way to the server: packed where it is a folder, sent, given up when asked to.
import { createTag } from '$lib/api/appwrite';
import type { Tag } from '$lib/api/types';
import { packed, type Code } from '$lib/code/given';
import type { UploadStep } from '$lib/format/upload';

/** Often enough to be seen moving; every file of a large folder would be thousands of times. */
const TELL_EVERY_MS = 50;

export class Upload {
  /** Null while nothing is on its way. */
  step = $state.raw<UploadStep | null>(null);
  #given: AbortController | null = null;

  async send(project: string, functionId: string, command: string, code: Code): Promise<Tag> {
    const given = new AbortController();
    this.#given = given;
    let toldMs = Number.NEGATIVE_INFINITY;
    const tell = (step: UploadStep, last: boolean) => {
      if (!last && performance.now() - toldMs < TELL_EVERY_MS) return;
      toldMs = performance.now();
      this.step = step;
    };
    try {
      const total = code.kind === 'folder' ? { ofFiles: code.folder.files.length, ofBytes: code.folder.sizeBytes } : { ofFiles: 1, ofBytes: code.file.size };
      const file = await packed(code, given.signal, ({ files, bytes }) => {
        tell({ at: 'packing', files, bytes, ...total }, files === total.ofFiles);
      });
      given.signal.throwIfAborted();
      tell({ at: 'sending', bytes: 0, ofBytes: file.size }, true);
      return await createTag(project, functionId, { command, code: file }, given.signal, (bytes, ofBytes) => {
        tell({ at: 'sending', bytes, ofBytes }, bytes === ofBytes);
      });
    } finally {
      this.step = null;
      if (this.#given === given) this.#given = null;
    }
  }

  /** Gives it up; whoever waits for it gets an AbortError. */
  readonly stop = (): void => {
    this.#given?.abort();
  };
}

/** Whether it was given up, which is no failure. */
export function isGivenUp(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}
