// What was typed and chosen under Execute, per function, until the page is left. In memory alone: data may hold secrets.
import type { RunAs } from '$lib/format/callers';

/** As if what started it. `sample` is what the payload began as. */
export type DraftTrigger = { kind: 'http' | 'schedule' } | { kind: 'event'; event: string; payload: string; sample: string };

interface Draft {
  data: string;
  trigger: DraftTrigger;
  /** The saved payload that the data came from. */
  payloadId: string | null;
  runAs: RunAs;
  /** The tag to run; empty for the active one. */
  tag: string;
}

const drafts = new Map<string, Draft>();

export function draft(project: string, functionId: string): Draft {
  return drafts.get(`${project}/${functionId}`) ?? { data: '', trigger: { kind: 'http' }, payloadId: null, runAs: { kind: 'owner' }, tag: '' };
}

export function keepDraft(project: string, functionId: string, kept: Draft): void {
  drafts.set(`${project}/${functionId}`, kept);
}
