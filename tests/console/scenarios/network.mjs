// Takes a function's network away in its settings; then an execution prints what is expected of it.
import { enter, openFunction, picture, scenario } from '../browser.mjs';

await scenario(async (page, seen) => {
  await enter(page);
  await openFunction(page);
  const settings = () => page.getByRole('tab', { name: 'Settings' }).click();
  const choice = page.getByRole('radiogroup', { name: 'Network' });
  const one = (name) => choice.getByRole('radio', { name, exact: true });
  const save = page.getByRole('button', { name: 'Save', exact: true });
  const notice = page.getByRole('alert').filter({ hasText: '126' });

  await settings();
  seen.first = [await one('Full').isChecked(), await one('None').isChecked(), await save.isEnabled()];
  seen.means = await one('None').evaluate((radio) => document.getElementById(radio.getAttribute('aria-describedby')).textContent);
  await one('None').check();
  seen.notice = await notice.count();
  await page.getByRole('button', { name: 'Discard changes' }).click();
  seen.discarded = [await one('Full').isChecked(), await one('None').isChecked()];

  // By keyboard, together with a setting that the Appwrite API has.
  await one('Full').focus();
  await page.keyboard.press('ArrowDown');
  await page.getByLabel('Name', { exact: true }).fill('Renamed');
  await picture(page, 'settings-network');
  await save.click();
  await page.getByText('Saved', { exact: true }).waitFor();
  await page.reload();
  await choice.waitFor();
  seen.kept = [await one('Full').isChecked(), await one('None').isChecked()];
  await page.setViewportSize({ width: 420, height: 900 });
  await one('None').scrollIntoViewIfNeeded();
  await picture(page, 'settings-network-narrow');
  await page.setViewportSize({ width: 1440, height: 900 });

  await page.getByRole('tab', { name: 'Executions' }).click();
  await page.getByRole('button', { name: 'Execute', exact: true }).click();
  await page.getByRole('log').getByText(process.env.PRINTS).waitFor();
  const row = page.getByRole('table', { name: 'Executions' }).getByRole('row').nth(1);
  await row.getByText(/completed|failed/).waitFor();
  seen.ended = await row.innerText();
});
