// What becomes of code on its way to the server, in words.
import type { FoundFolder } from '$lib/code/files';
import { count, plural, size } from './size';

export type UploadStep =
  | { at: 'packing'; files: number; ofFiles: number; bytes: number; ofBytes: number }
  | { at: 'sending'; bytes: number; ofBytes: number };

/** The step, and how much of it is done (null where nobody knows). */
export function told(step: UploadStep): { words: string; share: number | null } {
  if (step.at === 'packing') {
    const words = `Packing ${count(step.files)} of ${plural(step.ofFiles, 'file')}, ${size(step.bytes)} of ${size(step.ofBytes)}`;
    return { words, share: step.ofBytes === 0 ? 1 : Math.min(1, step.bytes / step.ofBytes) };
  }
  if (step.bytes >= step.ofBytes) return { words: `Sent ${size(step.ofBytes)}; the server unpacks it`, share: null };
  return { words: `Sending ${size(step.bytes)} of ${size(step.ofBytes)}`, share: step.bytes / step.ofBytes };
}

/** More names than this nobody reads in a line. */
const MOST_NAMED = 4;

/** `Left out: .git/ (history), .env (its values belong under Settings, as variables) and 3 more`; empty when nothing was. */
export function leftOut(all: FoundFolder['leftOut']): string {
  if (all.length === 0) return '';
  // What may be missed stands first: a person knows what caches are.
  const first = [...all].sort((a, b) => Number(b.path === '.env') - Number(a.path === '.env'));
  const named = first.slice(0, MOST_NAMED).map(({ path, why }) => `${path} (${why})`);
  const more = all.length - named.length;
  return `Left out: ${named.join(', ')}${more > 0 ? ` and ${count(more)} more` : ''}`;
}
