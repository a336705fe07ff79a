// A log of 10,000 lines arrives whole: read by scrolling through it, as a person would, and by the copy button.
import { copied, enter, openFunction, picture, scenario } from '../browser.mjs';

await scenario(async (page, seen) => {
  await enter(page);
  await openFunction(page);
  await page.getByRole('textbox', { name: 'Data' }).fill('10000');
  await page.getByRole('button', { name: 'Execute', exact: true }).click();
  await page.getByRole('table', { name: 'Executions' }).getByText('completed').first().waitFor();
  const log = page.getByRole('log', { name: 'stdout' });
  // While it ran, the end was followed.
  await log.getByText('line 10000', { exact: true }).waitFor();
  await picture(page, 'lines-end');

  const numbers = await log.evaluate(async (view) => {
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    const found = new Set();
    view.scrollTop = 0;
    for (;;) {
      await frame();
      await frame();
      for (const [, number] of view.innerText.matchAll(/^.*?line (\d+)$/gm)) found.add(Number(number));
      if (view.scrollTop + view.clientHeight >= view.scrollHeight - 2) return [...found];
      view.scrollTop += view.clientHeight - 40; // Two rows less than a screen, so that none is passed over.
    }
  });
  seen.distinct = numbers.length;
  seen.first = Math.min(...numbers);
  seen.last = Math.max(...numbers);

  const text = await copied(page.getByRole('button', { name: /copy log/i }));
  seen.copiedLines = text.trimEnd().split('\n').length;
  seen.rowsInPage = await log.evaluate((view) => view.querySelectorAll('*').length);
  // A tall window is read through in fewer screens.
}, { height: 2200 });
