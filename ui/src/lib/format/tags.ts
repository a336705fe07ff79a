// Tags in words.
import type { TagRow } from '$lib/api/types-code';

const ORIGINS: Record<TagRow['origin'], string> = { upload: 'uploaded', cli: 'command line', watcher: 'watcher' };

/** Who made it. */
export function madeBy({ origin }: Pick<TagRow, 'origin'>): string {
  return ORIGINS[origin];
}

/** What is wrong with it; empty for nothing. */
export function brokenOf({ outcome }: Pick<TagRow, 'outcome'>): string {
  if (outcome === 'does-not-parse') return 'does not parse';
  return outcome === 'failed' ? 'failed' : '';
}

/** What a tag is compared with where nobody says: the active one, or the one before it. Null when it is alone. */
export function otherThan(tag: TagRow, tags: readonly TagRow[], activeTagId: string): string | null {
  if (activeTagId !== '' && tag.$id !== activeTagId) return activeTagId;
  const at = tags.findIndex(({ $id }) => $id === tag.$id);
  return (tags[at + 1] ?? tags[at - 1])?.$id ?? null;
}

/** The older one on the left, whichever was pressed. */
export function inOrder(one: Pick<TagRow, '$id' | 'createdAtMs'>, other: Pick<TagRow, '$id' | 'createdAtMs'>): { from: string; to: string } {
  return one.createdAtMs <= other.createdAtMs ? { from: one.$id, to: other.$id } : { from: other.$id, to: one.$id };
}
