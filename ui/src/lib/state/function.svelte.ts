// One function as its page sees it: the record, its active tag, the runtime's name.
import * as appwrite from '$lib/api/appwrite';
import { functionRow } from '$lib/api/console';
import { ApiError } from '$lib/api/http';
import type { StreamEvent, Tag, WholeFunction } from '$lib/api/types';
import { runtimeLabel } from '$lib/format/runtime';
import { Loaded } from './loaded.svelte';

export class OneFunction {
  readonly record = new Loaded<WholeFunction>();
  /** The active tag's record; null while it loads and when there is none. */
  activeTag = $state.raw<Tag | null>(null);
  runtime = $state('');
  deleted = $state(false);

  constructor(
    readonly project: string,
    readonly id: string,
  ) {}

  async load(): Promise<void> {
    await this.record.load(async () => {
      const [record, { network, backend }] = await Promise.all([appwrite.getFunction(this.project, this.id), functionRow(this.project, this.id)]);
      return { ...record, network, backend };
    });
    const record = this.record.value;
    if (this.record.error instanceof ApiError && this.record.error.status === 404) this.deleted = true;
    if (record === null) return;
    await Promise.all([this.#loadTag(record.tag), this.#loadRuntime(record.runtime)]);
  }

  heard(event: StreamEvent): void {
    if (event.type === 'resync') void this.load();
    if (event.type === 'function' && event.functionId === this.id) {
      if (event.change === 'deleted') this.deleted = true;
      else void this.load();
    }
    if (event.type === 'tag' && event.functionId === this.id && event.change === 'deleted') void this.load();
  }

  async #loadTag(tagId: string): Promise<void> {
    if (this.activeTag?.$id === tagId) return;
    if (tagId === '') {
      this.activeTag = null;
      return;
    }
    try {
      this.activeTag = await appwrite.tag(this.project, this.id, tagId);
    } catch {
      // Its id is known and shown; only its age is not.
      this.activeTag = null;
    }
  }

  async #loadRuntime(runtimeId: string): Promise<void> {
    if (this.runtime !== '') return;
    try {
      const { runtimes } = await appwrite.runtimes(this.project);
      const known = runtimes.find((runtime) => runtime.$id === runtimeId);
      this.runtime = known === undefined ? runtimeId : runtimeLabel(known.name, known.version);
    } catch {
      this.runtime = runtimeId;
    }
  }
}
