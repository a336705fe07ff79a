import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';

/** What a folder below src/lib must not know. */
const restricted = (files, regex, message, ignores = []) => ({
  files,
  ignores,
  rules: { 'no-restricted-imports': ['error', { patterns: [{ regex, message, caseSensitive: true }] }] },
});
/** The only parts of api/ and state/ that are of no subject: how a call fails, the clock, how lists and forms load, what is
    under way, and messages. */
const NO_SUBJECT = 'api/(http|query)|state/(now|listed|loaded|form|doing|toasts)\\.svelte';
/** Whatever may be imported from src/lib, but what knows no subject. */
const SUBJECTS = `^\\$lib/(?!(design|format|backend)/|(${NO_SUBJECT})$)`;

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
  restricted(['src/lib/design/**'], `${SUBJECTS}|/pages/`, 'The design system knows of no subject: hand it what it shows, from a component of the subject.'),
  restricted(['src/lib/{api,backend,format}/**'], '^\\$lib/design/|\\.svelte$|/pages/', 'This is plain TypeScript below the components: it knows no component and no state.'),
  restricted(['src/lib/state/**'], '^\\$lib/design/|/[A-Z]\\w*\\.svelte$|/pages/', 'State knows no component: components know it.'),
  restricted(['src/lib/**'], '/pages/', 'Only App.svelte and pages know pages.', ['src/lib/{design,api,backend,format,state}/**']),
);
