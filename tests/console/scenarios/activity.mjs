// The Activity page: what happens shows by itself in words, is narrowed by kind, leads to what it is about, and goes back.
import { CONSOLE_LINK, FUNCTION_ID, api, enter, goTo, picture, scenario, withKey } from '../browser.mjs';

const { COLOR_SCHEME: colorScheme = 'light', DRYDOCK_ADMIN, FOLDER } = process.env;

await scenario(
  async (page, seen) => {
    await enter(page);
    await goTo(page, 'Activity');
    const table = page.getByRole('table', { name: 'Activity' });
    const rows = table.getByRole('row');
    const line = (words) => rows.filter({ hasText: words }).first();
    const texts = async () => (await rows.allInnerTexts()).slice(1).map((text) => text.split(/\s*\t\s*/)[1]);
    const kind = (name) => page.getByRole('group', { name: 'Kind' }).getByRole('radio', { name, exact: true });
    await line('created the function').waitFor();
    seen.atFirst = await texts();

    // Nobody touches the page: a run, a user, a key and a link are each told as they happen.
    await api('POST', `/functions/${FUNCTION_ID}/executions`, withKey(), { data: '' });
    await line(/executed Slow greeter/).getByText('completed').filter({ visible: true }).waitFor();
    await api('POST', '/users', withKey(), { userId: 'ada', email: 'ada@example.com', password: '12345678', name: 'Ada Lovelace' });
    await line('created the user Ada Lovelace').waitFor();
    await fetch(`${new URL(CONSOLE_LINK).origin}/console/api/projects/default/functions/${FUNCTION_ID}/link`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json', 'x-drydock-admin': DRYDOCK_ADMIN },
      body: JSON.stringify({ folder: FOLDER, command: 'node index.js' }),
    });
    await line('You linked Slow greeter to').waitFor();
    await line('A save in Slow greeter is live').waitFor();
    seen.live = await texts();
    await picture(page, `activity-${colorScheme}`);

    // One kind, in the address, also after a reload.
    await kind('Users & teams').check();
    await line('created the user Ada Lovelace').waitFor();
    await page.waitForFunction(() => location.search === '?kind=people');
    seen.people = await texts();
    await page.reload();
    await line('created the user Ada Lovelace').waitFor();
    seen.keptKind = await kind('Users & teams').isChecked();
    await kind('Schedules').check();
    await page.getByRole('heading', { name: 'Nothing of this kind: Schedules' }).waitFor();
    await picture(page, `activity-empty-${colorScheme}`);

    // Every line leads to what it is about.
    await kind('Users & teams').check();
    await line('created the user').getByRole('link', { name: 'Ada Lovelace' }).click();
    await page.getByRole('heading', { name: 'Ada Lovelace' }).waitFor();
    seen.userAddress = new URL(page.url()).pathname;
    await page.goBack();
    await kind('Executions').check();
    await line(/executed Slow greeter/).getByRole('link', { name: 'Slow greeter' }).click();
    await page.getByRole('article', { name: /^Execution / }).waitFor();
    seen.executionAddress = new URL(page.url()).pathname;

    // More than a page: older lines are a button away, and new ones move none of them.
    for (let number = 0; number < 60; number += 1) await api('PATCH', '/users/ada/name', withKey(), { name: `Ada ${number}` });
    await goTo(page, 'Activity');
    await line('changed the name of Ada 59').waitFor();
    seen.firstPage = (await texts()).length;
    await page.getByRole('button', { name: 'Show older' }).click();
    await line('created the function').waitFor();
    const before = await texts();
    await api('PATCH', '/users/ada/name', withKey(), { name: 'Ada again' });
    await line('changed the name of Ada again').waitFor();
    const after = await texts();
    seen.olderStay = JSON.stringify(after) === JSON.stringify([after[0], ...before]);
    seen.newest = after[0];
    await page.setViewportSize({ width: 420, height: 900 });
    await picture(page, `activity-narrow-${colorScheme}`);
    seen.overflows = await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
  },
  { colorScheme },
);
