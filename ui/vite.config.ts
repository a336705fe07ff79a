import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

// Where `npm run dev` finds a running server; the page's own requests stay same-origin through the proxy.
const server = process.env['DRYDOCK_DEV_SERVER'] ?? 'http://127.0.0.1:4747';

// What a browser must have before anything shows: the entry and whatever it imports at once. 150 kB compressed are parsed in
// well under 100 ms on an old laptop, and are what a console with two kinds of pages needs; the rest comes with its pages.
const MOST_AT_FIRST = 150_000;

/** Fails the build when more than that is loaded at first, and says what it is made of. */
const budget: Plugin = {
  name: 'budget',
  apply: 'build',
  generateBundle(_options, bundle) {
    const first = new Map<string, number>();
    const add = (name: string) => {
      const chunk = bundle[name];
      if (chunk?.type !== 'chunk' || first.has(name)) return;
      first.set(name, gzipSync(chunk.code, { level: 9 }).length);
      chunk.imports.forEach(add);
    };
    for (const [name, chunk] of Object.entries(bundle)) if (chunk.type === 'chunk' && chunk.isEntry) add(name);
    const sum = [...first.values()].reduce((all, size) => all + size, 0);
    const parts = [...first].map(([name, size]) => `${name} ${size}`).join(', ');
    if (sum > MOST_AT_FIRST) this.error(`the console loads ${sum} bytes of compressed JavaScript at first, more than ${MOST_AT_FIRST} (${parts}): import pages with Later.svelte`);
    else this.info(`${sum} bytes of compressed JavaScript at first, of ${MOST_AT_FIRST} (${parts})`);
  },
};

export default defineConfig({
  plugins: [svelte(), budget],
  resolve: { alias: { $lib: fileURLToPath(new URL('./src/lib', import.meta.url)) } },
  // Absolute asset paths: deep links such as /functions/ID/code are answered with the same index.html.
  base: '/',
  build: {
    target: 'es2022',
    // The first versions with light-dark(), which the tokens are written in.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    // The server's Content-Security-Policy allows no data: URL but for images, so nothing is inlined.
    assetsInlineLimit: 0,
    // The polyfill would be dead weight: every browser that runs es2022 preloads modules.
    modulePreload: { polyfill: false },
    emptyOutDir: true,
    reportCompressedSize: false,
  },
  server: {
    // The mark lives in icons/, beside ui/.
    fs: { allow: ['..'] },
    proxy: {
      '/v1': { target: server, changeOrigin: false },
      '/console/api': { target: server, changeOrigin: false },
    },
  },
  test: {
    include: ['src/**/*.test.ts'],
    environment: 'node',
    // Tests of local times must read the same on every machine.
    env: { TZ: 'Europe/Berlin' },
  },
});
