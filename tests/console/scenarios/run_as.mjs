// Executing in another's name: refused with the reason, then allowed, and the execution tells who called.
import { FUNCTION_ID, api, enter, openFunction, picture, scenario, withKey } from '../browser.mjs';

await scenario(async (page, seen) => {
  await enter(page);
  await openFunction(page);
  const runAs = page.getByRole('combobox', { name: 'Run as' });
  const execute = page.getByRole('button', { name: 'Execute', exact: true });
  const refusal = page.getByRole('complementary', { name: 'Execute' }).getByRole('alert');
  const rows = page.getByRole('table', { name: 'Executions' }).getByRole('row');

  await runAs.selectOption({ label: 'Guest' });
  await execute.click();
  seen.guest = await refusal.innerText();
  await picture(page, 'run-as-guest');

  await runAs.selectOption({ label: 'A user…' });
  seen.readyWithoutUser = await execute.isEnabled();
  const user = page.getByRole('combobox', { name: 'User', exact: true });
  await page.getByRole('option').filter({ hasText: 'grace' }).waitFor();
  await picture(page, 'run-as-picker');
  await user.fill('ada@');
  // At once: what was typed is meant, not what the list still shows.
  await user.press('Enter');
  await user.waitFor({ state: 'hidden' });
  seen.chosen = await runAs.evaluate((select) => select.selectedOptions[0].textContent);
  await execute.click();
  seen.user = await refusal.innerText();
  await picture(page, 'run-as-user-refused');

  const changed = await api('PUT', `/functions/${FUNCTION_ID}`, withKey(), { name: 'Greeter', execute: ['role:member'] });
  seen.changed = changed.status;
  await execute.click();
  await rows.filter({ hasText: 'completed' }).first().waitFor();
  seen.refusalStays = await refusal.isVisible();
  const caller = rows.getByRole('link', { name: 'User ada' });
  await picture(page, 'run-as-user');
  await caller.click();
  await page.getByRole('heading', { name: 'ada', exact: true }).waitFor();
  seen.callerAddress = new URL(page.url()).pathname;
  await page.goBack();

  await runAs.selectOption({ label: 'API key' });
  await execute.click();
  await rows.filter({ hasText: 'API key' }).filter({ hasText: 'completed' }).waitFor();
  seen.rows = (await rows.count()) - 1;
  await picture(page, 'run-as-key');
});
