import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';

export default ts.config(
  { ignores: ['dist/', 'node_modules/'] },
  ...ts.configs.strict,
  ...ts.configs.stylistic,
  ...svelte.configs.recommended,
  {
    languageOptions: { globals: { ...globals.browser, ...globals.node } },
    rules: {
      // A console that prints to the console hides its errors from the person it is for.
      'no-console': 'error',
      eqeqeq: 'error',
      // The policy of the page forbids style attributes; `style:` directives go through the CSSOM.
      'no-restricted-syntax': ['error', { selector: "SvelteAttribute[key.name='style']", message: 'Use a class or a style: directive.' }],
      // A space that must survive the formatter of whitespace is written as one.
      'svelte/no-useless-mustaches': 'off',
      // State is raw here and replaced as a whole; a Set inside one function is nobody's state.
      'svelte/prefer-svelte-reactivity': 'off',
      'svelte/no-at-html-tags': 'error',
      '@typescript-eslint/consistent-type-definitions': ['error', 'interface'],
    },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: ts.parser } },
  },
);
