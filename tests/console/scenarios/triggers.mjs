// What starts a function by itself is set on its Triggers tab: a schedule, judged while it is typed, and events.
import { FUNCTION_ID, api, enter, openFunction, picture, scenario, withKey } from '../browser.mjs';

await scenario(
  async (page, seen) => {
    await enter(page);
    await openFunction(page);
    await page.getByRole('tab', { name: 'Triggers', exact: true }).click();
    const cron = page.getByRole('textbox', { name: 'CRON schedule' });
    const save = page.getByRole('button', { name: 'Save', exact: true });
    const runNow = page.getByRole('button', { name: 'Run now' });
    const saved = page.getByText('Saved', { exact: true });
    const runs = page.getByRole('table', { name: 'Next runs' });
    await page.getByText('it does not run by itself').waitFor();
    seen.first = [await save.isEnabled(), await runNow.isEnabled()];

    await cron.fill('61 9 * * MON-FRI');
    await page.getByText("'61' in the field minute: allowed are 0 to 59").waitFor();
    seen.canSaveNonsense = await save.isEnabled();
    await picture(page, `triggers-wrong-${process.env.COLOR_SCHEME}`);
    await cron.fill('30 9 * * MON-FRI');
    await page.getByText('At 09:30 UTC, on Monday to Friday').waitFor();
    seen.runs = (await runs.locator('tbody').getByRole('row').allInnerTexts()).map((row) => row.split('\t'));
    await cron.fill('0 0 30 2 *');
    await page.getByText('Never: no month has such a day').waitFor();
    await page.getByRole('button', { name: 'Use @hourly' }).click();
    await page.getByText('At minute 0 of every hour').waitFor();

    const search = page.getByRole('searchbox', { name: 'Search events' });
    await search.fill('teams.cr');
    await page.getByRole('checkbox', { name: 'users.create' }).waitFor({ state: 'hidden' });
    await page.getByRole('checkbox', { name: 'teams.create' }).check();
    await search.fill('');
    seen.choices = await page.getByRole('group', { name: 'Events' }).getByRole('checkbox').count();
    await page.getByRole('checkbox', { name: 'users.create' }).check();
    await page.getByRole('checkbox', { name: 'account.create' }).check();
    await page.getByRole('button', { name: 'Remove account.create' }).click();
    await picture(page, `triggers-${process.env.COLOR_SCHEME}`);
    await save.click();
    await saved.waitFor();
    await page.reload();
    await page.getByRole('checkbox', { name: 'teams.create', checked: true }).waitFor();
    seen.kept = [await cron.inputValue(), await page.getByRole('checkbox', { name: 'users.create' }).isChecked(), await page.getByRole('checkbox', { checked: true }).count()];

    // Somebody else saves meanwhile: what is being typed stays, and is not sent over it unseen.
    await cron.fill('@weekly');
    const stored = (await api('GET', `/functions/${FUNCTION_ID}`, withKey())).body;
    const { name, execute, vars, events, timeout } = stored;
    await api('PUT', `/functions/${FUNCTION_ID}`, withKey(), { name, execute, vars, events, timeout, schedule: '@daily' });
    await page.getByText('changed elsewhere').waitFor();
    seen.typed = await cron.inputValue();
    await page.getByRole('button', { name: 'Discard changes' }).click();
    seen.afterDiscard = await cron.inputValue();
    await page.getByText('At 00:00 UTC, every day').waitFor();

    await runNow.click();
    const run = page.getByRole('link', { name: /completed execution/ });
    await run.waitFor();
    await page.setViewportSize({ width: 420, height: 860 });
    await picture(page, `triggers-narrow-${process.env.COLOR_SCHEME}`);
    await page.setViewportSize({ width: 1440, height: 900 });
    await run.click();
    await page.getByRole('log', { name: 'stdout' }).getByText('hello').waitFor();
    seen.trigger = await page.getByRole('table', { name: 'Executions' }).getByRole('row').nth(1).innerText();
  },
  { colorScheme: process.env.COLOR_SCHEME },
);
