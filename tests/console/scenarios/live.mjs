// What others do shows by itself: a function made through the API, an execution started by a key.
import { FUNCTION_ID, api, enter, openFunction, picture, scenario, withKey } from '../browser.mjs';

await scenario(async (page, seen) => {
  await enter(page);
  await api('POST', '/functions', withKey(), { functionId: 'newcomer', name: 'Newcomer', runtime: 'node-20.0' });
  await page.getByRole('table', { name: 'Functions' }).getByRole('link', { name: 'Newcomer' }).waitFor();
  seen.newFunctionAppears = true;
  await openFunction(page);
  await api('POST', `/functions/${FUNCTION_ID}/executions`, withKey(), { data: 'from outside' });
  await page.getByRole('table', { name: 'Executions' }).getByText('completed').first().waitFor();
  seen.newExecutionAppears = true;
  await picture(page, 'live');
});
