// A failed run is opened: what is seen first is why.
import { enter, picture, scenario } from '../browser.mjs';

await scenario(async (page, seen) => {
  await enter(page);
  const ids = JSON.parse(process.env.FUNCTIONS);
  seen.causes = {};
  for (const id of ids) {
    await page.goto(new URL(`/functions/${id}`, page.url()).href);
    const cause = page.getByRole('group', { name: 'Cause' });
    await cause.waitFor();
    seen.causes[id] = (await cause.innerText()).replace(/\s+/g, ' ');
    await picture(page, `failed-${id}`);
  }
  // From the cause to its line in the log, and from an ending to where its mend is.
  await page.goto(new URL(`/functions/${ids[0]}`, page.url()).href);
  await page.getByRole('tab', { name: 'stdout' }).click();
  await page.getByRole('group', { name: 'Cause' }).getByRole('button').click();
  await page.getByRole('log', { name: 'stderr' }).getByText(/profile/).first().waitFor();
  await page.goto(new URL('/functions/slow', page.url()).href);
  await page.getByRole('link', { name: 'To its settings' }).click();
  seen.settings = new URL(page.url()).pathname;
});
