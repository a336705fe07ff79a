// What axe-core finds on the pages from FROM on, as many as COUNT, of a server that fill.mjs has filled, in both themes: WCAG
// A and AA, and what it calls good practice.
import { readFileSync } from 'node:fs';
import { CONSOLE_LINK, enter, scenario } from '../browser.mjs';
import { views, visit } from '../shop/views.mjs';

const { FROM, COUNT, IDS } = process.env;
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

const axe = readFileSync(new URL('../../sdk/node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
const { origin } = new URL(CONSOLE_LINK);
await scenario(async (page, seen, context) => {
  await enter(page);
  seen.violations = [];
  seen.looked = 0;
  seen.grounds = [];
  for (const view of views(JSON.parse(IDS)).slice(Number(FROM), Number(FROM) + Number(COUNT))) {
    // What a page says of its own failed requests is what such a view is for.
    const on = view.unwell === undefined ? page : await context.newPage();
    await on.emulateMedia({ colorScheme: 'light' });
    await visit(on, origin, view);
    await on.evaluate(axe);
    for (const colorScheme of ['light', 'dark']) {
      await on.emulateMedia({ colorScheme });
      const ground = await on.evaluate(() => getComputedStyle(document.body).backgroundColor);
      if (!seen.grounds.includes(ground)) seen.grounds.push(ground);
      const found = await on.evaluate((tags) => globalThis.axe.run(document, { runOnly: { type: 'tag', values: tags }, resultTypes: ['violations'] }), TAGS);
      for (const { id, help, nodes } of found.violations) {
        for (const { target, failureSummary } of nodes.slice(0, 3)) seen.violations.push(`${view.name}, ${colorScheme}: ${id} (${help}) at ${target.join(' ')}: ${failureSummary.split('\n').slice(1).join(' ').trim()}`);
      }
    }
    seen.looked += 1;
    if (on !== page) await on.close();
  }
});
