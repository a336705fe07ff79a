// Whether one stream of two executions says the same, in words.
import { strip } from '$lib/log/ansi';
import type { Lines } from '$lib/log/lines';
import { plural } from '$lib/format/size';
import { sideBySide, type Sides } from './sides';

export interface Compared {
  left: readonly string[];
  right: readonly string[];
  sides: Sides;
  /** `identical`: byte for byte. `same text`: it differs in nothing that is read. */
  sameness: 'identical' | 'same text' | 'different';
}

export function compared(before: Lines, now: Lines): Compared {
  const left = before.texts.map(strip);
  const right = now.texts.map(strip);
  const sides = sideBySide(left, right);
  if (sides.changes.length > 0) return { left, right, sides, sameness: 'different' };
  return { left, right, sides, sameness: before.raw() === now.raw() ? 'identical' : 'same text' };
}

/** Behind the stream's name: `stdout: identical`. */
export function verdict({ sameness, sides, left }: Compared): string {
  if (sameness === 'identical') return left.length === 0 ? 'identical, nothing was written' : 'identical';
  if (sameness === 'same text') return 'the same text, with other colours or line ends';
  const parts = [];
  if (sides.removed > 0) parts.push(`${plural(sides.removed, 'line')} only before`);
  if (sides.added > 0) parts.push(`${plural(sides.added, 'line')} only now`);
  return `different: ${parts.join(', ')}`;
}
