// A function that is being made: what was typed, what is suggested where nothing was, and the steps of making it.
import { createFunction, activateTag, runtimes } from '$lib/api/appwrite';
import { linkFolder } from '$lib/api/code';
import { makeSample, welcome } from '$lib/api/payloads';
import type { Interpreter, Runtime } from '$lib/api/types';
import { hasSample, sample } from '$lib/code/samples';
import type { Code } from '$lib/code/given';
import { idFromName } from '$lib/format/ids';
import { isAbsolute } from '$lib/format/paths';
import { family, familyOfFiles, firstRuntime, usualCommand } from '$lib/format/runtime';
import { InspectedFolder } from './inspected.svelte';
import { Loaded } from './loaded.svelte';
import { Upload, isGivenUp } from './upload.svelte';

/** What its first code comes from. */
export type Start = 'folder' | 'upload' | 'sample';

interface Suggested {
  name?: string;
  id?: string | null;
  runtime?: string;
  runtimeWhy?: string;
  language?: string | null;
  command?: string;
  commandWhy?: string;
}

export class NewFunction {
  start = $state<Start>('upload');
  /** Null while nobody has typed or chosen. */
  typed = $state<{ name: string | null; runtime: string | null; command: string | null }>({ name: null, runtime: null, command: null });
  /** As the field of the id has it; empty for a random one. */
  id = $state('');
  idOk = $state(true);
  code = $state.raw<Code | null>(null);
  readonly folder = new InspectedFolder();
  /** Where a sample goes, to be changed there; empty for a tag alone. Null while nobody has typed. */
  sampleFolder = $state<string | null>(null);
  /** The folder that samples go beside each other in; null where there is no home folder. */
  home = $state<string | null>(null);
  readonly runtimes = new Loaded<Runtime[]>();
  readonly upload = new Upload();

  busy = $state(false);
  /** What failed, and why; the steps done before it are not repeated. */
  failed = $state.raw<{ what: string; error: unknown } | null>(null);
  madeId = $state<string | null>(null);
  #madeTag: string | null = null;
  #madeFolder: string | null = null;

  readonly suggested: Suggested = $derived.by(() => {
    if (this.start === 'sample') return { name: 'Hello' };
    if (this.start === 'upload') {
      if (this.code?.kind !== 'folder') return {};
      const { name, files } = this.code.folder;
      return { name, language: familyOfFiles(files.map(({ path }) => path)) };
    }
    const { meant } = this.folder;
    if (meant === null) return {};
    return {
      name: meant.name,
      id: meant.id ?? meant.suggestedId,
      ...(meant.runtime === null ? {} : { runtime: meant.runtime.value, runtimeWhy: meant.runtime.why }),
      ...(meant.command === null ? {} : { command: meant.command.value, commandWhy: meant.command.why }),
    };
  });
  readonly name: string = $derived.by(() => this.typed.name ?? this.suggested.name ?? '');
  readonly runtime: string = $derived.by(() => {
    const all = this.runtimes.value ?? [];
    if (this.typed.runtime !== null) return this.typed.runtime;
    const { runtime, language } = this.suggested;
    if (runtime !== undefined && all.some(({ $id }) => $id === runtime)) return runtime;
    return firstRuntime(all, this.interpreters(), language ?? null);
  });
  readonly command: string = $derived.by(() => this.typed.command ?? this.suggested.command ?? usualCommand(this.runtime));
  readonly sampleAt: string = $derived.by(() => {
    if (this.sampleFolder !== null) return this.sampleFolder.trim();
    const name = this.id === '' ? idFromName(this.name) : this.id;
    return this.home === null || name === '' ? '' : `${this.home}/${name}`;
  });
  readonly hasCode: boolean = $derived.by(() => this.start !== 'upload' || this.code !== null);
  readonly ready: boolean = $derived.by(() => {
    if (this.busy || this.name.trim() === '' || !this.idOk || this.runtime === '') return false;
    if (this.start === 'folder' && !this.folder.ready) return false;
    if (this.start === 'sample') return hasSample(family(this.runtime)) && (this.sampleAt === '' || isAbsolute(this.sampleAt));
    return !this.hasCode || this.command.trim() !== '';
  });

  constructor(
    readonly project: string,
    /** What is installed. */
    readonly interpreters: () => readonly Interpreter[],
  ) {}

  /** A home that is not known is no trouble: the person says where, or has a tag alone. */
  async loadHome(): Promise<void> {
    this.home = (await welcome(this.project).catch(() => null))?.folder ?? null;
  }

  loadRuntimes(): Promise<void> {
    return this.runtimes.load(async () => (await runtimes(this.project)).runtimes);
  }

  /** Makes it, or goes on where that failed; whether all of it is done. */
  async make(): Promise<boolean> {
    if (this.start === 'folder' && !this.folder.ready) await this.folder.look();
    if (!this.ready) return false;
    this.busy = true;
    this.failed = null;
    let what = 'The function was not made';
    try {
      this.madeId ??= (await createFunction(this.project, this.#record())).$id;
      if (this.start === 'folder') {
        what = 'The function was made, but not linked to its folder';
        const { meant } = this.folder;
        const folder = meant?.folder ?? this.folder.path.trim();
        await linkFolder(this.project, this.madeId, { folder, command: this.command.trim(), ignore: meant?.ignore ?? [], polling: false });
      } else if (this.start === 'sample' && this.sampleAt !== '') {
        what = 'The function was made, its folder was not';
        this.#madeFolder ??= (await makeSample(this.sampleAt, family(this.runtime))).folder;
        what = 'The function and its folder were made, but not linked';
        await linkFolder(this.project, this.madeId, { folder: this.#madeFolder, command: this.command.trim(), ignore: [], polling: false });
      } else if (this.hasCode) {
        what = 'The function was made, its code was not taken';
        this.#madeTag ??= await this.#send(this.madeId);
        what = 'The code was taken, but not activated';
        await activateTag(this.project, this.madeId, this.#madeTag);
      }
      return true;
    } catch (error) {
      this.failed = { what, error: isGivenUp(error) ? new Error('The upload was stopped.') : error };
      return false;
    } finally {
      this.busy = false;
    }
  }

  async #send(functionId: string): Promise<string> {
    const code: Code | null = this.start === 'sample' ? { kind: 'folder', folder: await sample(family(this.runtime)) } : this.code;
    if (code === null) throw new Error('There is no code to send.');
    return (await this.upload.send(this.project, functionId, this.command.trim(), code)).$id;
  }

  /** What the folder says of a function that no field shows goes with it. */
  #record(): Parameters<typeof createFunction>[1] {
    const record = { functionId: this.id === '' ? 'unique()' : this.id, name: this.name.trim(), runtime: this.runtime, execute: [] };
    const { meant } = this.folder;
    if (this.start !== 'folder' || meant === null) return record;
    return {
      ...record,
      execute: meant.execute ?? [],
      vars: meant.vars,
      events: meant.events,
      ...(meant.schedule === null ? {} : { schedule: meant.schedule }),
      ...(meant.timeout === null ? {} : { timeout: meant.timeout }),
    };
  }
}
