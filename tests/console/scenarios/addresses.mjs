// Pages by their addresses, from FROM on and COUNT of them: each has its title, and going back leads through all of them.
import { enter, goTo, scenario } from '../browser.mjs';

const { IDS, FROM, COUNT } = process.env;
const ids = JSON.parse(IDS);

await scenario(async (page, seen) => {
  await enter(page);
  const { origin } = new URL(page.url());
  const fn = '/functions/resize-avatar';
  const all = [
    ['/functions', 'Functions'],
    [fn, 'Resize avatar'],
    [`${fn}/executions/${ids.failed}`, 'Resize avatar', (at) => at.getByRole('article', { name: `Execution ${ids.failed}` }).getByText('failed · exit 1')],
    [`${fn}/code`, 'Code · Resize avatar', (at) => at.getByRole('table', { name: 'Tags' }).getByRole('button', { name: `Download tag ${ids.tags[0]}` })],
    [`${fn}/code?from=${ids.tags[1]}&to=${ids.tags[0]}`, 'Code · Resize avatar', (at) => at.getByText('index.js').first()],
    [`${fn}/triggers`, 'Triggers · Resize avatar', (at) => at.getByText('Schedule').first()],
    [`${fn}/usage?range=7d`, 'Usage · Resize avatar', (at) => at.getByRole('radio', { name: '7 days', checked: true })],
    [`${fn}/settings`, 'Settings · Resize avatar', (at) => at.getByRole('button', { name: 'Delete function' })],
    ['/events', 'Events'],
    [`/events/${ids.event}`, 'Events', (at) => at.getByRole('article', { name: `Event ${ids.event}` }).getByText('Emit again')],
    ['/users', 'Users'],
    ['/users/ada', 'Ada King'],
    ['/teams', 'Teams'],
    ['/teams/warehouse', 'Warehouse'],
    ['/keys', 'API keys'],
    ['/webhooks', 'Webhooks'],
    [`/webhooks/${ids.webhook}`, 'Shop backend'],
    [`/webhooks/${ids.webhook}/deliveries/${ids.delivery}`, 'Shop backend', (at) => at.getByRole('article', { name: `Delivery ${ids.delivery}` }).getByText('Send again')],
    ['/activity?kind=code', 'Activity', (at) => at.getByRole('radio', { name: 'Code', checked: true })],
    ['/settings', 'Settings'],
  ];
  const places = all.slice(Number(FROM), Number(FROM) + Number(COUNT));
  const titled = (title) => page.waitForFunction((title) => document.title === title, `${title} · Drydock`);
  const arrived = async ([path, title, there]) => {
    await page.waitForFunction((path) => location.pathname + location.search === path, path);
    await titled(title);
    await there?.(page).waitFor();
  };
  seen.reached = 0;
  for (const place of places) {
    await page.goto(origin + place[0]);
    await arrived(place);
    seen.reached += 1;
  }
  for (const place of places.slice(0, -1).reverse()) {
    await page.goBack();
    await arrived(place);
    seen.reached += 1;
  }
  // Within one document: tabs and the one that is chosen are steps of their own.
  await page.goto(origin + fn);
  await titled('Resize avatar');
  await page.getByRole('tab', { name: 'Code' }).click();
  await titled('Code · Resize avatar');
  await page.getByRole('tab', { name: 'Executions' }).click();
  await page.getByRole('table', { name: 'Executions' }).locator(`a[href$="${ids.failed}"]`).click();
  await page.getByRole('article', { name: `Execution ${ids.failed}` }).waitFor();
  await goTo(page, /^Activity/);
  await titled('Activity');
  await page.goBack();
  await page.getByRole('article', { name: `Execution ${ids.failed}` }).waitFor();
  await page.goBack();
  await page.goBack();
  await titled('Code · Resize avatar');
  await page.goForward();
  await titled('Resize avatar');
  seen.places = places.length;
  seen.all = all.length;
});
