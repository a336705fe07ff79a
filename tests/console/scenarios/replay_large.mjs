// Ten megabytes on either side: the page stays alive while they are compared, and says where it stopped comparing.
import { enter, openFunction, picture, scenario } from '../browser.mjs';

await scenario(async (page, seen) => {
  await enter(page);
  await openFunction(page);
  const detail = page.getByRole('article');
  await detail.getByText('completed').first().waitFor();
  const original = await detail.getAttribute('aria-label');
  await page.getByRole('button', { name: 'Replay', exact: true }).click();
  await page.getByRole('article', { name: original }).waitFor({ state: 'detached' });
  await detail.getByText('completed').first().waitFor();
  // The longest that the page did not come to draw anything.
  await page.evaluate(() => {
    let last = performance.now();
    window.longestMs = 0;
    const look = () => {
      const now = performance.now();
      window.longestMs = Math.max(window.longestMs, now - last);
      last = now;
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });
  await detail.getByRole('tab', { name: 'Compare' }).click();
  const side = detail.getByRole('table', { name: /side by side/ });
  await side.getByRole('row').nth(3).waitFor();
  seen.longestMs = await page.evaluate(() => Math.round(window.longestMs));
  seen.verdicts = await detail.getByRole('group', { name: 'Compared' }).getByRole('button').allInnerTexts();
  seen.rowsInPage = await side.getByRole('row').count();
  seen.rowcount = await side.getAttribute('aria-rowcount');
  seen.bounded = await detail.getByText('paired by their place').count();
  await picture(page, 'replay-large');
});
