// Executed as if by an event, with a payload that begins as its sample; then as if by the schedule. Until the function is
// known no event can be meant.
import { enter, openFunction, picture, scenario } from '../browser.mjs';

await scenario(async (page, seen) => {
  await enter(page);
  let answer;
  const answered = new Promise((resolve) => (answer = resolve));
  await page.route(/\/v1\/functions\/greeter$/, async (route) => {
    await answered;
    await route.continue();
  });
  await openFunction(page);
  const panel = page.getByRole('complementary', { name: 'Execute' });
  const log = page.getByRole('log', { name: 'stdout' });
  const execute = panel.getByRole('button', { name: 'Execute', exact: true });
  seen.early = await panel.getByLabel('Trigger').getByRole('option', { name: 'As if by an event' }).isEnabled();
  answer();
  await panel.getByLabel('Trigger').selectOption('event');
  seen.event = await panel.getByLabel('Event').inputValue();
  const payload = panel.getByRole('textbox', { name: 'Payload' });
  await panel.getByText('JSON ✓').waitFor();
  seen.sample = Object.keys(JSON.parse(await payload.inputValue()));
  await picture(page, 'trigger-event');
  await payload.fill('{"name": }');
  seen.withMistake = await execute.isEnabled();
  await payload.fill('{"name": "Ada"}');
  await execute.click();
  await log.getByText('event teams.create {"name":"Ada"}').waitFor();
  // The link to the event that was written down for it.
  seen.cell = await page.getByRole('table', { name: 'Executions' }).getByRole('row').nth(1).innerText();

  await panel.getByLabel('Trigger').selectOption('schedule');
  await execute.click();
  await log.getByText('schedule', { exact: true }).waitFor();
  await panel.getByRole('region', { name: 'Last result' }).getByText('completed').waitFor();
  seen.result = await panel.getByRole('region', { name: 'Last result' }).innerText();
});
