// From nothing to the first run without leaving the console: the dialog takes a name and an archive.
import { enter, picture, scenario } from '../browser.mjs';

await scenario(async (page, seen) => {
  await enter(page);
  await page.getByRole('button', { name: 'New function' }).first().click();
  const dialog = page.getByRole('dialog', { name: 'New function' });
  await dialog.getByLabel('Name').fill('Made here');
  await dialog.getByLabel('ID').fill('made-here');
  await dialog.getByLabel('an archive').setInputFiles(process.env.ARCHIVE);
  await dialog.getByLabel('Command').fill('node index.js');
  await picture(page, 'new-function');
  await dialog.getByRole('button', { name: 'Create' }).click();

  await page.getByRole('tab', { name: 'Executions' }).waitFor();
  await page.getByRole('button', { name: 'Execute', exact: true }).click();
  await page.getByRole('log', { name: 'stdout' }).getByText('Hello, nobody').waitFor();
  seen.executed = true;

  await page.getByRole('tab', { name: 'Code' }).click();
  const tags = page.getByRole('table', { name: 'Tags' });
  await tags.getByText('node index.js').waitFor();
  seen.tags = (await tags.getByRole('row').count()) - 1;
  await picture(page, 'code');
  await page.getByRole('tab', { name: 'Settings' }).click();
  await page.getByRole('button', { name: /delete/i }).first().waitFor();
  await picture(page, 'settings');

  // Another client's change shows without a reload.
  await page.goBack();
  await page.goBack();
  seen.tab = await page.getByRole('tab', { selected: true }).first().innerText();
});
