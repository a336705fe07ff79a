// Who wants no first steps has none, in any window from then on.
import { enter, scenario } from '../browser.mjs';

await scenario(async (page, seen, context) => {
  await enter(page);
  const steps = page.getByRole('region', { name: 'First steps' });
  const [ended] = await Promise.all([
    page.waitForResponse((response) => response.url().endsWith('/console/api/welcome')),
    steps.getByRole('button', { name: 'Dismiss' }).click(),
  ]);
  seen.status = ended.status();
  seen.here = await steps.count();
  const other = await context.newPage();
  const [answer] = await Promise.all([other.waitForResponse((response) => response.url().endsWith('/welcome')), other.goto(page.url())]);
  seen.over = (await answer.json()).over;
  await other.getByRole('button', { name: 'New function' }).first().waitFor();
  seen.there = await other.getByRole('region', { name: 'First steps' }).count();
});
