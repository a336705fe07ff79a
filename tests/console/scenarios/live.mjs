// What others do shows by itself: a function made through the API, an execution started by a key.
import { enter, openFunction, picture, scenario } from '../browser.mjs';

const { DRYDOCK_ENDPOINT, DRYDOCK_KEY, FUNCTION_ID } = process.env;

function call(method, path, body) {
  return fetch(`${DRYDOCK_ENDPOINT}${path}`, {
    method,
    headers: { 'x-appwrite-project': 'default', 'x-appwrite-key': DRYDOCK_KEY, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

await scenario(async (page, seen) => {
  await enter(page);
  await call('POST', '/functions', { functionId: 'newcomer', name: 'Newcomer', runtime: 'node-20.0' });
  await page.getByRole('table', { name: 'Functions' }).getByRole('link', { name: 'Newcomer' }).waitFor();
  seen.newFunctionAppears = true;
  await openFunction(page);
  await call('POST', `/functions/${FUNCTION_ID}/executions`, { data: 'from outside' });
  await page.getByRole('table', { name: 'Executions' }).getByText('completed').first().waitFor();
  seen.newExecutionAppears = true;
  await picture(page, 'live');
});
