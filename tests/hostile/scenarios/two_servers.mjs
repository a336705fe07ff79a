// Two servers on two ports, both open in one browser: consoles, and users of an app of each.
import { launch } from '../../sdk/browser/chromium.mjs';

const servers = JSON.parse(process.env.SERVERS);
const browser = await launch();
const context = await browser.newContext();
context.setDefaultTimeout(30_000);
const pages = [];
for (const { link } of servers) {
  const page = await context.newPage();
  await page.goto(link);
  await page.getByRole('button', { name: 'New function' }).first().waitFor();
  pages.push(page);
}
const signIn = async ([project, email, password]) => {
  const headers = { 'x-appwrite-project': project, 'content-type': 'application/json' };
  return (await fetch('/v1/account/sessions', { method: 'POST', headers, body: JSON.stringify({ email, password }) })).status;
};
const account = async (project) => {
  const answer = await fetch('/v1/account', { headers: { 'x-appwrite-project': project } });
  return [answer.status, (await answer.json()).$id ?? null];
};
const seen = { signIn: [], accounts: [], consoles: [], afterSignOut: [] };
for (const [i, { users }] of servers.entries()) {
  for (const { project, email, password } of users) seen.signIn.push(await pages[i].evaluate(signIn, [project, email, password]));
}
for (const [i, { users }] of servers.entries()) {
  for (const { project } of users) seen.accounts.push(await pages[i].evaluate(account, project));
  await pages[i].reload();
  await pages[i].getByRole('button', { name: 'New function' }).first().waitFor();
  seen.consoles.push(true);
}
// Signing out of the first console leaves the second one open.
await pages[0].getByRole('button', { name: 'Sign out' }).click();
await pages[0].getByText('drydock console').first().waitFor();
await pages[1].reload();
await pages[1].getByRole('button', { name: 'New function' }).first().waitFor();
seen.cookieNames = (await context.cookies()).map(({ name }) => name.replace(/(console_).*/, '$1ID')).sort();
console.log(JSON.stringify(seen));
await browser.close();
