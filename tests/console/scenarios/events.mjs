// The life of events: they appear by themselves, are found, looked at by their address, emitted by hand and once more.
import { api, copied, enter, goTo, picture, scenario, withKey } from '../browser.mjs';

await scenario(
  async (page, seen) => {
    await enter(page);
    await goTo(page, 'Events');
    const table = page.getByRole('table', { name: 'Events' });
    await table.getByRole('link', { name: 'functions.tags.update' }).waitFor();

    // Live: what an app does, and what that starts.
    await api('POST', '/users', withKey(), { userId: 'ada', email: 'ada@example.com', password: 'analytical engine', name: 'Ada' });
    const row = table.getByRole('row').filter({ has: page.getByRole('link', { name: 'users.create', exact: true }) });
    await row.getByRole('link', { name: 'completed greeter' }).waitFor();
    seen.liveRow = await row.innerText();
    await picture(page, `events-${process.env.COLOR_SCHEME}`);

    const names = () => table.locator('tbody').getByRole('link', { name: /^\w+\.[\w.]+$/ }).allInnerTexts();
    await page.getByRole('checkbox', { name: 'Without executions' }).check();
    await table.getByRole('link', { name: 'functions.executions.update' }).first().waitFor({ state: 'hidden' });
    seen.withoutExecutions = await names();
    const search = page.getByRole('searchbox', { name: 'Search events' });
    await search.fill('tags');
    await table.getByRole('link', { name: 'users.create' }).waitFor({ state: 'hidden' });
    seen.found = await names();
    seen.searchAddress = new URL(page.url()).search;
    await search.fill('nothing of that name');
    await page.getByText('Nothing matches').waitFor();
    await page.getByRole('button', { name: 'Clear the search' }).click();

    await table.getByRole('link', { name: 'users.create' }).click();
    const detail = page.getByRole('article', { name: /^Event / });
    await detail.getByRole('link', { name: 'completed greeter' }).waitFor();
    const first = page.url();
    seen.payload = JSON.parse(await copied(detail.getByRole('button', { name: 'Copy payload' })));
    await picture(page, `event-${process.env.COLOR_SCHEME}`);

    // By hand, with a sample that is edited; its mistake is named while it is typed.
    await page.getByRole('button', { name: 'Emit', exact: true }).click();
    const dialog = page.getByRole('dialog', { name: 'Emit an event' });
    await dialog.getByLabel('Event', { exact: true }).selectOption('teams.create');
    const payload = dialog.getByLabel('Payload');
    await page.waitForFunction((area) => area.value.includes('Analysts'), await payload.elementHandle());
    const emit = dialog.getByRole('button', { name: 'Emit', exact: true });
    seen.events = await dialog.getByRole('option').count();
    const sample = await payload.inputValue();
    await payload.fill(sample.replace('{', '{,'));
    await dialog.getByText('This is not JSON').waitFor();
    seen.canEmitNonsense = await emit.isEnabled();
    await picture(page, `event-emit-${process.env.COLOR_SCHEME}`);
    // What was typed is not thrown away for another sample.
    await dialog.getByLabel('Event', { exact: true }).selectOption('users.create');
    seen.keptTyping = (await payload.inputValue()).startsWith('{,');
    await payload.fill('{"$id": "made-up"}');
    await emit.click();
    await dialog.waitFor({ state: 'hidden' });
    await page.waitForURL((url) => url.href !== first);
    const second = page.url();
    const run = detail.getByRole('link', { name: 'completed greeter' });
    await run.waitFor();
    await run.click();
    await page.getByRole('log', { name: 'stdout' }).getByText('users.create {"$id":"made-up"}').waitFor();
    seen.executionAddress = new URL(page.url()).pathname;
    // The execution leads back to it.
    await page.getByRole('article', { name: /^Execution / }).getByRole('link', { name: 'users.create' }).click();
    await page.waitForURL((url) => url.pathname === new URL(second).pathname);
    await page.goBack();
    await page.goBack();
    await detail.getByRole('button', { name: 'Emit again' }).click();
    await page.waitForURL((url) => url.href !== second && url.pathname.startsWith('/events/'));
    await detail.getByRole('link', { name: 'completed greeter' }).waitFor();
    seen.again = JSON.parse(await copied(detail.getByRole('button', { name: 'Copy payload' })));

    // An address leads to its event, and back to the one before.
    await page.goBack();
    await page.waitForURL(second);
    await page.goto(first);
    await detail.getByText('ada@example.com').waitFor();
    await detail.getByRole('link', { name: 'Close' }).click();
    await detail.waitFor({ state: 'hidden' });
    seen.closedAddress = new URL(page.url()).pathname;
    await page.goBack();
    await detail.getByText('ada@example.com').waitFor();
    await page.setViewportSize({ width: 420, height: 860 });
    await picture(page, `event-narrow-${process.env.COLOR_SCHEME}`);
  },
  { colorScheme: process.env.COLOR_SCHEME },
);
