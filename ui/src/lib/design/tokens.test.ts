// What keeps the look in one place: components name no colour, no size of type, no weight and no room of their own, but the
// tokens of styles/tokens.css. Sizes of boxes are their own business.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const SRC = fileURLToPath(new URL('../..', import.meta.url));
const TOKENS = 'lib/design/styles/tokens.css';

/** Who may say what, and why. */
const ALLOWED: Record<string, RegExp> = {
  // The sixteen colours that terminals have, for both themes: they mean what the function meant by them.
  'lib/log/LogRow.svelte': /light-dark|#/,
};

function stylesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return stylesBelow(path);
    return /\.(svelte|css)$/.test(entry.name) ? [relative(SRC, path)] : [];
  });
}

/** The lines of a file that are style, with their numbers; comments left out. */
function styleOf(path: string): { line: number; text: string }[] {
  const whole = readFileSync(join(SRC, path), 'utf8').replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ' '));
  const begin = path.endsWith('.css') ? 0 : whole.indexOf('<style');
  if (begin < 0) return [];
  const before = whole.slice(0, begin).split('\n').length - 1;
  return whole
    .slice(begin)
    .split('\n')
    .map((text, at) => ({ line: before + at + 1, text }));
}

function breaches(rule: RegExp): string[] {
  return stylesBelow(SRC)
    .filter((path) => path !== TOKENS)
    .flatMap((path) =>
      styleOf(path)
        .filter(({ text }) => rule.test(text) && ALLOWED[path]?.test(text) !== true)
        .map(({ line, text }) => `${path}:${line} ${text.trim()}`),
    );
}

describe('components name no value of their own for', () => {
  test('colours', () => {
    expect(breaches(/#[0-9a-f]{3,8}\b|\b(rgba?|hsla?|oklch|oklab|lch|lab|hwb|light-dark)\(|:\s*(white|black|gray|grey|red|green|blue)\b/i)).toEqual([]);
  });

  test('sizes and weights of type', () => {
    expect(breaches(/font-size:(?!\s*(var\(--\w+\)|inherit);)|font-weight:(?!\s*var\(--\w+\);)|font:(?!\s*(inherit;|var\(--))/)).toEqual([]);
  });

  test('room', () => {
    // A hairline is a hairline.
    expect(breaches(/(?<![\w-])(padding|margin|gap|row-gap|column-gap)[a-z-]*:[^;]*?(?<![\w.-])-?(?!0\b|1px)\d+(\.\d+)?(px|rem|em)/)).toEqual([]);
  });

  test('durations', () => {
    expect(breaches(/transition[^;]*:[^;]*?\b\d+m?s\b/)).toEqual([]);
  });
});

test('every token that is named is there', () => {
  const known = new Set([...readFileSync(join(SRC, TOKENS), 'utf8').matchAll(/(--[\w-]+):/g)].map(([, name]) => name));
  const named = stylesBelow(SRC).flatMap((path) => {
    const own = new Set([...readFileSync(join(SRC, path), 'utf8').matchAll(/(--[\w-]+)[:=]/g)].map(([, name]) => name));
    return styleOf(path).flatMap(({ line, text }) => [...text.matchAll(/var\((--[\w-]+)/g)].filter(([, name]) => !own.has(name)).map(([, name]) => ({ at: `${path}:${line}`, name })));
  });
  expect(named.filter(({ name }) => !known.has(name))).toEqual([]);
});
