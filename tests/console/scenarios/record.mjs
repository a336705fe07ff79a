// The head of an execution: where its time went, what it used, and the button that keeps it.
import { enter, openFunction, picture, scenario } from '../browser.mjs';

await scenario(async (page, seen) => {
  await enter(page);
  await openFunction(page);
  await page.getByRole('button', { name: 'Execute', exact: true }).click();
  await page.getByRole('table', { name: 'Executions' }).getByText('completed').first().waitFor();

  const detail = page.getByRole('article', { name: /^Execution / });
  await detail.getByText('Peak memory').waitFor();
  seen.times = await detail.getByRole('img').getAttribute('aria-label');
  const labels = await detail.getByRole('term').allInnerTexts();
  const values = await detail.getByRole('definition').allInnerTexts();
  seen.facts = Object.fromEntries(labels.map((label, at) => [label, values[at]]));

  await detail.getByRole('button', { name: 'Pin this execution' }).click();
  await detail.getByRole('button', { name: 'Unpin this execution' }).waitFor();
  await picture(page, 'execution-pinned');
  await page.reload();
  await detail.getByRole('button', { name: 'Unpin this execution' }).waitFor();
  seen.stays = true;
  await page.setViewportSize({ width: 420, height: 900 });
  await picture(page, 'execution-narrow');
});
