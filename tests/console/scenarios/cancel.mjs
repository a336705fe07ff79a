// One runs, one waits: both are cancelled from their page, and whoever did it by keyboard is not lost.
import { enter, openFunction, picture, scenario } from '../browser.mjs';

await scenario(async (page, seen) => {
  await enter(page);
  await openFunction(page);
  const rows = page.getByRole('table', { name: 'Executions' }).getByRole('row');
  const execute = page.getByRole('button', { name: 'Execute', exact: true });
  const cancel = page.getByRole('button', { name: 'Cancel this execution' });
  const stderr = page.getByRole('log', { name: 'stderr' });

  await execute.click();
  await page.getByRole('log', { name: 'stdout' }).getByText('begun').waitFor();
  await execute.click();
  await rows.nth(1).getByText('waiting').waitFor();
  await page.getByRole('article').getByText('waiting').first().waitFor();
  await picture(page, 'cancel-waiting');
  await cancel.click();
  await rows.nth(1).getByText('failed').waitFor();
  await page.getByRole('tab', { name: 'stderr' }).click();
  await stderr.getByText('cancelled while it waited').waitFor();

  await rows.nth(2).getByText('processing').click();
  await page.getByRole('article').getByText('processing').first().waitFor();
  await cancel.focus();
  await page.keyboard.press('Enter');
  await rows.nth(2).getByText('failed').waitFor();
  await cancel.waitFor({ state: 'detached' });
  seen.focus = await page.evaluate(async () => {
    await new Promise(requestAnimationFrame);
    return document.activeElement?.getAttribute('role');
  });
  await page.getByRole('tab', { name: 'stderr' }).click();
  await stderr.getByText('this execution was cancelled').waitFor();
  seen.rows = [await rows.nth(1).innerText(), await rows.nth(2).innerText()];
  await picture(page, 'cancel-done');
});
