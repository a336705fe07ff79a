// The entry: styles first, then the theme (so that nothing is painted in the wrong one), then the page.
import '$lib/design/styles/tokens.css';
import '$lib/design/styles/base.css';
import '$lib/design/styles/controls.css';
import '$lib/design/styles/table.css';
import '$lib/state/theme.svelte';
import { mount } from 'svelte';
import App from './App.svelte';

const target = document.getElementById('app');
if (target === null) throw new Error('index.html has no #app element');

mount(App, { target });
