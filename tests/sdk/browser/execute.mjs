// Everybody tries to execute every function from the browser with appwrite 6.0.1. Prints {function: {person: what}}.
import { launch } from './chromium.mjs';
import { openApp, serveApp } from './app.mjs';

const { DRYDOCK_ENDPOINT, DRYDOCK_PROJECT } = process.env;
const { functions, people } = JSON.parse(process.env.CAST);
const app = await serveApp();
const browser = await launch();
const seen = Object.fromEntries(functions.map((id) => [id, {}]));
for (const { name, email, password } of people) {
  // A browser of her own for each.
  const context = await browser.newContext();
  const page = await context.newPage();
  await openApp(page, `http://localhost:${app.port}/`, DRYDOCK_ENDPOINT, DRYDOCK_PROJECT);
  const hers = await page.evaluate(
    async ([functions, email, password]) => {
      const { client, refusal } = window.app;
      if (email) await client.account.createSession(email, password);
      const hers = {};
      for (const id of functions) hers[id] = await refusal(() => client.functions.createExecution(id, ''));
      return hers;
    },
    [functions, email, password],
  );
  for (const [id, refused] of Object.entries(hers)) seen[id][name] = refused;
  await context.close();
}
console.log(JSON.stringify(seen));
await browser.close();
app.close();
