// An app in the browser goes the whole way of a user with appwrite 6.0.1: account, session, JWT, execution, sign out.
// Prints one JSON object of what its page saw.
import { launch } from './chromium.mjs';
import { openApp, serveApp } from './app.mjs';

const { DRYDOCK_ENDPOINT, DRYDOCK_PROJECT, DRYDOCK_FUNCTION, APP_HOST, FOREIGN_EXECUTION } = process.env;
const app = await serveApp();
const browser = await launch(['app.test']);
const context = await browser.newContext();
const page = await context.newPage();
await openApp(page, `http://${APP_HOST}:${app.port}/`, DRYDOCK_ENDPOINT, DRYDOCK_PROJECT);
const seen = await page.evaluate(
  async ([functionId, foreignExecution]) => {
    const { client, refusal } = window.app;
    const seen = {};
    seen.beforeSession = await refusal(() => client.account.get());
    const refused = await refusal(async () => {
      seen.created = await client.account.create('unique()', 'Ada@Example.com', 'a password of Ada', 'Ada');
    });
    if (refused) return { refused };
    seen.wrongPassword = await refusal(() => client.account.createSession('ada@example.com', 'not the password'));
    seen.session = await client.account.createSession('ada@example.com', 'a password of Ada');
    seen.account = await client.account.get();
    seen.sameUser = seen.account.$id === seen.created.$id && seen.session.userId === seen.account.$id;
    seen.readableCookies = document.cookie;
    // By the cookie alone; then with what the SDK keeps for browsers that do not send it.
    const fallback = localStorage.getItem('cookieFallback');
    localStorage.removeItem('cookieFallback');
    seen.byCookieAlone = await refusal(() => client.account.get());
    if (fallback !== null) localStorage.setItem('cookieFallback', fallback);

    const { jwt } = await client.account.createJWT();
    const claims = JSON.parse(atob(jwt.split('.')[1].replace(/-/g, '+').replace(/_/g, '/')));
    seen.jwtIsHers = claims.userId === seen.account.$id && claims.sessionId === seen.session.$id;

    const execution = await client.functions.createExecution(functionId, 'the page');
    seen.answeredAs = execution.status;
    seen.read = execution.$read.map((role) => role.replace(seen.account.$id, 'HER'));
    const giveUpAt = Date.now() + 15_000; // Below the 30 s after which the Rust side gives up on the script.
    for (;;) {
      seen.finished = await client.functions.getExecution(functionId, execution.$id);
      if (['completed', 'failed'].includes(seen.finished.status) || Date.now() > giveUpAt) break;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const list = await client.functions.listExecutions(functionId);
    seen.sum = list.sum;
    seen.listsHerOwn = list.executions.map((row) => row.$id).join() === execution.$id;
    seen.foreignExecution = await refusal(() => client.functions.getExecution(functionId, foreignExecution));

    seen.sessions = (await client.account.getSessions()).sum;
    await client.account.deleteSession('current');
    seen.afterSignOut = await refusal(() => client.account.get());
    seen.fallbackAfterSignOut = localStorage.getItem('cookieFallback');
    return seen;
  },
  [DRYDOCK_FUNCTION, FOREIGN_EXECUTION],
);
seen.cookiesLeft = (await context.cookies()).length;
console.log(JSON.stringify(seen));
await browser.close();
app.close();
