// Has a function run in a container, in its settings; then looks at the engine in the settings of the server and stops
// all containers.
import { enter, goTo, openFunction, picture, scenario } from '../browser.mjs';

await scenario(async (page, seen) => {
  await enter(page);
  await openFunction(page);
  await page.getByRole('tab', { name: 'Settings' }).click();
  const choice = page.getByRole('radiogroup', { name: 'Backend' });
  const one = (name) => choice.getByRole('radio', { name, exact: true });
  await one('Server’s').waitFor();
  seen.first = [await one('Server’s').isChecked(), await one('Process').isChecked(), await one('Docker').isChecked()];
  await one('Docker').check();
  const told = page.getByText('the image');
  await told.waitFor();
  seen.told = await told.innerText();
  await picture(page, 'settings-backend');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByText('Saved', { exact: true }).waitFor();
  await page.reload();
  await choice.waitFor();
  seen.kept = await one('Docker').isChecked();

  await page.getByRole('tab', { name: 'Executions' }).click();
  await page.getByRole('button', { name: 'Execute', exact: true }).click();
  await page.getByRole('log').getByText('65534').waitFor();

  await goTo(page, 'Settings');
  const containers = page.getByRole('region', { name: 'Containers' });
  const stop = containers.getByRole('button', { name: 'Stop all containers' });
  await stop.waitFor();
  seen.engine = await containers.innerText();
  await containers.scrollIntoViewIfNeeded();
  await picture(page, 'settings-containers');
  await stop.click();
  const question = page.getByRole('dialog', { name: 'Stop all containers?' });
  await question.getByRole('button', { name: 'Stop all containers' }).click();
  await question.waitFor({ state: 'detached' });
  await containers.getByText('0 containers').waitFor();
  await page.emulateMedia({ colorScheme: 'dark' });
  await picture(page, 'settings-containers-dark');
});
