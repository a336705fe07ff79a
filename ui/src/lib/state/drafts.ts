// What was typed and chosen under Execute, per function, until the page is left. In memory alone: data may hold secrets.
import type { RunAs } from '$lib/format/callers';

interface Draft {
  data: string;
  runAs: RunAs;
  /** The tag to run; empty for the active one. */
  tag: string;
}

const drafts = new Map<string, Draft>();

export function draft(project: string, functionId: string): Draft {
  return drafts.get(`${project}/${functionId}`) ?? { data: '', runAs: { kind: 'owner' }, tag: '' };
}

export function keepDraft(project: string, functionId: string, kept: Draft): void {
  drafts.set(`${project}/${functionId}`, kept);
}
