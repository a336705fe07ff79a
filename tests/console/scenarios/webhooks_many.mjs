// Many deliveries: read by the page, found by their status; those that were never tried or whose event is gone say so.
// Then a webhook that was told nothing, which says what to do about that.
import { enter, goTo, picture, scenario } from '../browser.mjs';

await scenario(async (page, seen) => {
  await enter(page);
  await goTo(page, /^Webhooks/);
  const table = page.getByRole('table', { name: 'Webhooks' });
  await table.getByText('not tried').waitFor();
  await picture(page, 'webhooks-many');
  await table.getByRole('link', { name: 'Busy' }).click();

  const deliveries = page.getByRole('table', { name: 'Deliveries' });
  await deliveries.getByRole('row').nth(25).waitFor();
  const pages = page.getByRole('navigation', { name: 'Pages' });
  seen.firstPage = await pages.innerText();
  await pages.getByRole('button', { name: 'Next' }).click();
  await pages.getByText('26–').waitFor();
  seen.pageAddress = new URL(page.url()).search;
  await page.getByRole('searchbox', { name: 'Search deliveries' }).fill('delivered');
  await deliveries.getByText('Answered 200').waitFor();
  await deliveries.getByText('not tried').first().waitFor({ state: 'hidden' });
  seen.found = (await deliveries.getByRole('row').count()) - 1;
  seen.searchAddress = new URL(page.url()).search;
  await page.getByRole('searchbox', { name: 'Search deliveries' }).fill('');
  await deliveries.getByRole('row').nth(25).waitFor();

  const detail = page.getByRole('article', { name: /^Delivery / });
  await deliveries.getByRole('row').nth(1).getByRole('link').click();
  await detail.getByText('waited already').waitFor();
  seen.notTried = await detail.innerText();
  seen.canSendWhatIsGone = await detail.getByRole('button', { name: 'Send again' }).isEnabled();
  await picture(page, 'webhook-not-tried');
  await deliveries.getByRole('row').nth(2).getByRole('link').click();
  await detail.getByText('ada@example.com').waitFor();
  seen.canSend = await detail.getByRole('button', { name: 'Send again' }).isEnabled();

  await goTo(page, /^Webhooks/);
  await table.getByRole('link', { name: 'Quiet' }).click();
  await page.getByRole('button', { name: 'Emit a sample' }).click();
  await deliveries.getByText('delivered').waitFor();

  // One that is told of nothing asks for events.
  await goTo(page, /^Webhooks/);
  await table.getByRole('link', { name: 'Idle' }).click();
  await page.getByRole('button', { name: 'Pick events' }).click();
  const dialog = page.getByRole('dialog', { name: 'Edit webhook Idle' });
  await dialog.getByRole('checkbox', { name: 'teams.delete' }).check();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.waitFor({ state: 'hidden' });
  await page.getByText('drydock events emit teams.delete').waitFor();
  await picture(page, 'webhook-idle');
});
