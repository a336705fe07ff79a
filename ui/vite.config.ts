import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

// Where `npm run dev` finds a running server; the page's own requests stay same-origin through the proxy.
const server = process.env['DRYDOCK_DEV_SERVER'] ?? 'http://127.0.0.1:4747';

export default defineConfig({
  plugins: [svelte()],
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
