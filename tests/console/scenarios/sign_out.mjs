// The way out: every tab is at the door, the session is over, and a fresh link opens both again.
import { CONSOLE_LINK, enter, picture, scenario, watched } from '../browser.mjs';

const { DRYDOCK_ADMIN } = process.env;

await scenario(async (page, seen, context) => {
  const { origin } = new URL(CONSOLE_LINK);
  let proof;
  page.on('request', (request) => (proof = request.headers()['x-drydock-console'] ?? proof));
  /** Both halves of the session, as the browser has them. */
  const halves = async () => {
    const [{ name, value }] = (await context.cookies()).filter((cookie) => cookie.name.startsWith('drydock_console_'));
    return { cookie: `${name}=${value}`, proof };
  };
  const other = watched(await context.newPage(), seen);
  const inside = (tab) => tab.getByRole('button', { name: 'New function' }).first();
  const door = (tab) => tab.getByRole('heading', { name: 'Open the console from a terminal' });

  await enter(page);
  await other.goto(origin);
  await inside(other).waitFor();
  seen.before = await halves();

  await page.getByRole('button', { name: 'Sign out' }).click();
  await door(page).waitFor();
  await door(other).waitFor();
  seen.stillInside = [await inside(page).isVisible(), await inside(other).isVisible()];
  await picture(page, 'signed-out');
  await page.reload();
  await door(page).waitFor();

  const answer = await fetch(`${origin}/console/api/links`, { method: 'POST', headers: { 'x-drydock-admin': DRYDOCK_ADMIN } });
  const { url } = await answer.json();
  await page.goto(url);
  await inside(page).waitFor();
  await inside(other).waitFor();
  seen.tokenInAddress = page.url().includes('token');
  seen.after = await halves();

  // A change needs both halves, and the other tab has them too.
  await other.getByRole('link', { name: /^Users & teams/ }).click();
  await other.getByRole('tab', { name: 'Teams' }).click();
  await other.getByRole('button', { name: 'New team' }).click();
  const dialog = other.getByRole('dialog', { name: 'New team' });
  await dialog.getByLabel('Name', { exact: true }).fill('Made afterwards');
  await dialog.getByRole('button', { name: 'Create' }).click();
  await other.getByRole('heading', { name: 'Made afterwards', exact: true }).waitFor();
});
