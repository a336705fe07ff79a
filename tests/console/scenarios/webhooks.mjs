// The life of a webhook: made, told of what a key does, its signature key shown and hidden, mended when its receiver fails,
// sent again, deleted. Told by environment of a receiver that works and of one that does not.
import { api, copied, enter, goTo, picture, scenario, withKey } from '../browser.mjs';

const { COLOR_SCHEME, GOOD_URL, BROKEN_URL } = process.env;
const shot = (page, name) => picture(page, `${name}-${COLOR_SCHEME}`);
const user = (id) => api('POST', '/users', withKey(), { userId: id, email: `${id}@example.com`, password: 'analytical engine' });

await scenario(
  async (page, seen) => {
    await enter(page);
    await goTo(page, /^Webhooks/);
    await page.getByText('No webhooks').waitFor();
    await shot(page, 'webhooks-empty');

    await page.getByRole('button', { name: 'New webhook' }).click();
    const dialog = page.getByRole('dialog', { name: 'New webhook' });
    const create = dialog.getByRole('button', { name: 'Create', exact: true });
    await dialog.getByLabel('Name', { exact: true }).fill('Mailer');
    const url = dialog.getByRole('textbox', { name: 'URL' });
    await url.pressSequentially('htt');
    seen.begun = await url.getAttribute('aria-invalid');
    await url.fill('ftp://example.com');
    await dialog.getByText('begins with http:// or https://').waitFor();
    seen.nonsense = [await url.getAttribute('aria-invalid'), await create.isEnabled()];
    await url.fill('https://localhost/hook');
    const check = dialog.getByRole('checkbox', { name: 'Check the certificate' });
    const means = () => check.evaluate((box) => document.getElementById(box.getAttribute('aria-describedby')).textContent);
    await check.uncheck();
    seen.unchecked = await means();
    await shot(page, 'webhook-new');
    await check.check();
    await url.fill(GOOD_URL);
    const events = dialog.getByRole('group', { name: 'Events' });
    await events.getByRole('checkbox', { name: 'users.create' }).check();
    await events.getByRole('checkbox', { name: 'users.delete' }).check();
    await dialog.getByRole('checkbox', { name: 'Basic authentication' }).check();
    await dialog.getByRole('textbox', { name: 'User' }).fill('ada');
    await dialog.getByLabel('Password', { exact: true }).fill('by the way');
    await create.click();

    // On its page, which says how to try it.
    await page.getByRole('heading', { name: 'Mailer' }).waitFor();
    const address = page.url();
    seen.command = await copied(page.getByRole('button', { name: 'Copy command' }));
    await shot(page, 'webhook-fresh');
    const deliveries = page.getByRole('table', { name: 'Deliveries' });
    const newest = deliveries.getByRole('row').nth(1);

    // Live: a server makes a user, the receiver is told.
    await user('ada');
    await newest.getByText('delivered').waitFor();
    seen.delivered = await newest.innerText();
    await newest.getByRole('link', { name: 'users.create' }).click();
    const detail = page.getByRole('article', { name: /^Delivery / });
    await detail.getByRole('list', { name: 'Tries' }).getByText('200').waitFor();
    seen.payload = JSON.parse(await copied(detail.getByRole('button', { name: 'Copy payload' })));
    await shot(page, 'webhook-delivered');
    const first = page.url();
    await detail.getByRole('link', { name: 'users.create' }).click();
    await page.getByRole('article', { name: /^Event / }).getByText('ada@example.com').waitFor();
    seen.eventAddress = new URL(page.url()).pathname;
    await page.goBack();
    await detail.getByText('ada@example.com').waitFor();

    // Its key: only when it is asked for.
    await page.getByRole('button', { name: 'Signature key' }).click();
    const signature = page.getByRole('dialog', { name: 'Signature key of Mailer' });
    seen.key = await copied(signature.getByRole('button', { name: 'Copy signature key' }));
    seen.keyIsShown = (await signature.innerText()).includes(seen.key);
    seen.snippet = await copied(signature.getByRole('button', { name: 'Copy snippet' }));
    await shot(page, 'webhook-signature');
    await signature.getByRole('button', { name: 'Close' }).click();
    await signature.waitFor({ state: 'hidden' });
    seen.keyStays = (await page.content()).includes(seen.key);

    // Its receiver fails: the try is shown with what it answered.
    const edit = async (to) => {
      await page.getByRole('button', { name: 'Edit…' }).click();
      const editing = page.getByRole('dialog', { name: 'Edit webhook Mailer' });
      await editing.getByRole('textbox', { name: 'URL' }).fill(to);
      seen.passwordPlaceholder = await editing.getByLabel('Password', { exact: true }).getAttribute('placeholder');
      await editing.getByRole('button', { name: 'Save' }).click();
      await editing.waitFor({ state: 'hidden' });
      await page.getByRole('button', { name: 'Copy URL' }).waitFor();
      await page.getByText(to, { exact: true }).waitFor();
    };
    await edit(BROKEN_URL);
    await user('bob');
    await newest.getByText(/waiting, try \d of 5/).waitFor();
    await newest.getByRole('link').click();
    await detail.getByText('the mailer is out of paper').first().waitFor();
    seen.failedTry = await detail.getByRole('list', { name: 'Tries' }).getByRole('listitem').first().innerText();
    seen.waitingState = await detail.getByRole('status').first().innerText();
    await shot(page, 'webhook-failing');

    // Mended, and sent again by hand.
    await edit(GOOD_URL);
    const second = page.url();
    await detail.getByRole('button', { name: 'Send again' }).click();
    await page.waitForURL((to) => to.href !== second);
    await detail.getByRole('list', { name: 'Tries' }).getByText('200').waitFor();
    await detail.getByText('delivered').waitFor();
    seen.again = JSON.parse(await copied(detail.getByRole('button', { name: 'Copy payload' }))).$id;

    // An address leads to its delivery; a search finds by event and status.
    await page.goto(first);
    await detail.getByText('ada@example.com').waitFor();
    await detail.getByRole('link', { name: 'Close' }).click();
    await detail.waitFor({ state: 'hidden' });
    const search = page.getByRole('searchbox', { name: 'Search deliveries' });
    await search.fill('users.delete');
    await page.getByText('Nothing matches').waitFor();
    await page.getByRole('button', { name: 'Clear the search' }).click();
    await newest.waitFor();
    await page.setViewportSize({ width: 420, height: 860 });
    await shot(page, 'webhook-narrow');
    await newest.getByRole('link').click();
    await detail.getByRole('list', { name: 'Tries' }).waitFor();
    await shot(page, 'webhook-narrow-delivery');
    await goTo(page, /^Webhooks/);
    const table = page.getByRole('table', { name: 'Webhooks' });
    await table.getByRole('link', { name: 'Mailer' }).waitFor();
    await shot(page, 'webhooks-narrow');
    await page.setViewportSize({ width: 1440, height: 900 });

    // The list: how it does, what it is told of when asked.
    const row = table.getByRole('row').filter({ has: page.getByRole('link', { name: 'Mailer' }) });
    seen.eventsAtFirst = await row.getByText('users.delete').isVisible();
    await row.getByText('2 events').click();
    await row.getByText('users.delete').waitFor();
    seen.row = await row.innerText();
    seen.address = new URL(page.url()).pathname;
    await shot(page, 'webhooks');

    await row.getByRole('button', { name: 'Delete Mailer' }).click();
    const question = page.getByRole('dialog', { name: 'Delete Mailer?' });
    seen.question = await question.innerText();
    await shot(page, 'webhook-delete');
    await question.getByRole('button', { name: 'Delete webhook' }).click();
    await page.getByText('No webhooks').waitFor();
    await page.goto(address);
    await page.getByRole('heading', { name: 'There is no webhook' }).waitFor();
  },
  { colorScheme: COLOR_SCHEME },
);
