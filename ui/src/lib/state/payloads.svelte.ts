// The payloads of a function under Execute: fetched when the list is opened, changed here, never kept elsewhere.
import * as api from '$lib/api/payloads';
import type { Payloads, SavedPayload } from '$lib/api/types-payloads';
import { Loaded } from './loaded.svelte';

export class FunctionPayloads {
  readonly list = new Loaded<Payloads>();
  /** The saved one that the data came from, by its id. */
  chosenId = $state<string | null>(null);
  readonly saved: SavedPayload[] = $derived.by(() => this.list.value?.payloads ?? []);
  readonly recent: Payloads['recent'] = $derived.by(() => this.list.value?.recent ?? []);
  readonly chosen: SavedPayload | null = $derived.by(() => this.saved.find(({ id }) => id === this.chosenId) ?? null);

  constructor(
    readonly project: string,
    readonly functionId: string,
  ) {}

  readonly load = (): Promise<void> => this.list.load(() => api.payloads(this.project, this.functionId));

  named(name: string): SavedPayload | null {
    return this.saved.find((payload) => payload.name === name.trim()) ?? null;
  }

  /** Saves data under a name; over what has that name already. */
  async save(name: string, data: string): Promise<void> {
    const before = this.named(name);
    const wish = { name: name.trim(), data };
    const { id } =
      before === null
        ? await api.savePayload(this.project, this.functionId, wish)
        : await api.changePayload(this.project, this.functionId, before.id, wish);
    this.chosenId = id;
    await this.load();
  }

  async rename(payload: SavedPayload, name: string): Promise<void> {
    await api.changePayload(this.project, this.functionId, payload.id, { name, data: payload.data });
    await this.load();
  }

  async remove(payload: SavedPayload): Promise<void> {
    await api.deletePayload(this.project, this.functionId, payload.id);
    await this.load();
  }
}
