// The sample functions of the repository's samples/, embedded, as code that can be uploaded.
import type { FoundFolder } from './files';

/** `../../../../samples/node-hello/index.js` → what loads its text. Fetched when a sample is made, not with the page. */
const FILES = import.meta.glob<string>('../../../../samples/*-hello/*', { query: '?raw', import: 'default' });
const prefix = (family: string) => `../../../../samples/${family}-hello/`;

export function hasSample(family: string): boolean {
  return Object.keys(FILES).some((path) => path.startsWith(prefix(family)));
}

/** A greeting in that language. */
export async function sample(family: string): Promise<FoundFolder> {
  const texts = Object.entries(FILES).filter(([path]) => path.startsWith(prefix(family)));
  const files = await Promise.all(
    texts.map(async ([path, load]) => {
      const name = path.slice(prefix(family).length);
      const file = new File([await load()], name);
      return { path: name, sizeBytes: file.size, open: () => Promise.resolve(file) };
    }),
  );
  const sizeBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);
  return { name: `${family}-hello`, files, sizeBytes, leftOut: [], lacksLinks: false };
}
