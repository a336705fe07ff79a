// Two people listen in their browsers with appwrite 6.0.1, each executes once. Prints what each page was told, in order.
import { launch } from './chromium.mjs';
import { openApp, serveApp } from './app.mjs';

const { DRYDOCK_ENDPOINT, DRYDOCK_PROJECT, DRYDOCK_FUNCTION, PEOPLE } = process.env;
const app = await serveApp();
const browser = await launch();
const pages = {};
for (const { name, email, password } of JSON.parse(PEOPLE)) {
  // A browser of their own for each.
  const page = await (await browser.newContext()).newPage();
  await openApp(page, `http://localhost:${app.port}/`, DRYDOCK_ENDPOINT, DRYDOCK_PROJECT);
  await page.evaluate(
    async ([email, password, functionId]) => {
      const { client } = window.app;
      await client.account.createSession(email, password);
      window.told = { executions: [], function: [] };
      const listen = (channel, list) =>
        client.subscribe(channel, ({ event, channels, payload }) =>
          list.push({ event, channels: channels.length, id: payload.$id, status: payload.status, stdout: payload.stdout }),
        );
      listen('executions', window.told.executions);
      listen(`functions.${functionId}`, window.told.function);
      // Connected, and signed in: by the cookie, or by the message that the SDK sends where there is none.
      const giveUpAt = Date.now() + 10_000; // Below the 30 s after which the Rust side gives up on the script.
      for (;;) {
        const last = client.realtime.lastMessage;
        const user = last?.data?.user;
        if (user) {
          window.signedInBy = last.type;
          break;
        }
        if (Date.now() > giveUpAt) throw new Error(`not signed in: ${JSON.stringify(last)}`);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
    [email, password, DRYDOCK_FUNCTION],
  );
  pages[name] = page;
}
const seen = {};
const executions = {};
for (const [name, page] of Object.entries(pages)) {
  executions[name] = await page.evaluate(
    async ([functionId, name]) => (await window.app.client.functions.createExecution(functionId, name)).$id,
    [DRYDOCK_FUNCTION, name],
  );
  // Before the other begins, so that it has all been told by then.
  const hasEnded = () => ['executions', 'function'].every((list) => window.told[list].some((one) => one.status === 'completed'));
  await page.waitForFunction(hasEnded, null, { timeout: 10_000 });
}
for (const [name, page] of Object.entries(pages)) {
  seen[name] = await page.evaluate(() => ({ signedInBy: window.signedInBy, ...window.told }));
  for (const list of ['executions', 'function'])
    for (const one of seen[name][list]) one.id = one.id === executions[name] ? 'their own' : "another's";
}
console.log(JSON.stringify(seen));
await browser.close();
app.close();
