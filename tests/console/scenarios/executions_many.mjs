// Ten thousand executions: scrolled to the oldest as one would, walked by keys, opened by a link; what is read stays where it
// is when another one comes. Also says how long the longest task of the page was, for who wants to know.
import { DRYDOCK_ENDPOINT, DRYDOCK_KEY, enter, openFunction, picture, scenario } from '../browser.mjs';

await scenario(async (page, seen) => {
  await page.addInitScript(() => {
    globalThis.longest = 0;
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) globalThis.longest = Math.max(globalThis.longest, duration);
    }).observe({ type: 'longtask', buffered: true });
  });
  await enter(page);
  await openFunction(page);
  const table = page.getByRole('table', { name: 'Executions' });
  const rows = table.locator('tr[data-row]');
  await rows.first().waitFor();
  seen.mostRows = 0;

  const scrolled = (to) =>
    table.evaluate((node, to) => {
      let scroller = node.parentElement;
      while (getComputedStyle(scroller).overflowY !== 'auto') scroller = scroller.parentElement;
      scroller.scrollTop = to === 'end' ? scroller.scrollHeight : to;
    }, to);
  const last = () => rows.last().getAttribute('data-row');
  for (let turns = 0; turns < 400 && (await last()) !== 'past-1'; turns += 1) {
    await scrolled('end');
    seen.mostRows = Math.max(seen.mostRows, await rows.count());
    await page.evaluate(() => new Promise(requestAnimationFrame));
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 0)));
  }
  await table.locator('tr[data-row="past-1"]').waitFor();
  await page.waitForFunction(() => document.querySelector('table[aria-label="Executions"]').getAttribute('aria-rowcount') !== '-1');
  seen.oldest = await last();
  seen.total = Number(await table.getAttribute('aria-rowcount'));
  await picture(page, 'executions-oldest');

  // By keys, from the third of the end.
  seen.byKeys = [];
  const here = async () => seen.byKeys.push(await page.evaluate(() => document.activeElement?.closest('tr')?.dataset.row));
  await table.locator('tr[data-row="past-3"] a').first().focus();
  await here();
  for (const step of [1, 2]) {
    await page.keyboard.press('ArrowDown');
    await page.waitForFunction((id) => document.activeElement?.closest('tr')?.dataset.row === id, `past-${3 - step}`);
    await here();
  }
  await page.keyboard.press('Home');
  await page.waitForFunction(() => document.activeElement?.closest('tr')?.dataset.row === 'past-10000');
  seen.newest = await page.evaluate(() => document.activeElement.closest('tr').dataset.row);

  // In the middle of it, another one comes.
  await scrolled(4000);
  const read = table.locator('tr[data-row="past-9900"]');
  await read.waitFor();
  const before = (await read.boundingBox()).y;
  const headers = { 'content-type': 'application/json', 'x-appwrite-project': 'default', 'x-appwrite-key': DRYDOCK_KEY };
  await fetch(`${DRYDOCK_ENDPOINT}/functions/busy/executions`, { method: 'POST', headers, body: '{}' });
  await page.waitForFunction((total) => Number(document.querySelector('table[aria-label="Executions"]').getAttribute('aria-rowcount')) === total, seen.total + 1);
  await page.evaluate(() => new Promise(requestAnimationFrame));
  seen.stays = Math.abs((await read.boundingBox()).y - before) < 2;

  // A link to one that no first page holds.
  await page.goto(new URL('/functions/busy/executions/past-1234', page.url()).href);
  await page.getByRole('article', { name: 'Execution past-1234' }).getByText('completed').first().waitFor();
  seen.deep = 'past-1234';
  seen.longestTaskMs = await page.evaluate(() => globalThis.longest);
});
