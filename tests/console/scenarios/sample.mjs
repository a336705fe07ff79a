// A sample, from the dialog to its greeting.
import { enter, picture, scenario } from '../browser.mjs';

await scenario(async (page, seen) => {
  await enter(page);
  await page.getByRole('button', { name: 'New function' }).first().click();
  const dialog = page.getByRole('dialog', { name: 'New function' });
  await dialog.getByText('Sample').click();
  seen.name = await dialog.getByLabel('Name').inputValue();
  await dialog.getByLabel('Runtime').selectOption('dart-3.0');
  seen.withoutSample = await dialog.getByRole('button', { name: 'Create' }).isEnabled();
  await dialog.getByLabel('Runtime').selectOption('node-20.0');
  // Without a folder its code is a tag alone.
  await dialog.getByLabel('Folder for its code').fill('');
  await picture(page, 'new-sample');
  await dialog.getByRole('button', { name: 'Create' }).click();
  await page.getByRole('textbox', { name: 'Data' }).fill('{"name":"Ada"}');
  await page.getByRole('button', { name: 'Execute', exact: true }).click();
  const line = page.getByRole('log', { name: 'stdout' }).getByText('Ada');
  await line.waitFor();
  seen.greeting = await line.innerText();
});
