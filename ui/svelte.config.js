import { vitePreprocess } from '@sveltejs/vite-plugin-svelte';

/** @type {import('@sveltejs/vite-plugin-svelte').SvelteConfig} */
export default {
  preprocess: vitePreprocess(),
  // Styles go to .css files: the policy of the page forbids injected <style> elements.
  compilerOptions: { runes: true, css: 'external' },
};
