// A browser with something to steal: signed in to the console and, as a user of an app, to the API; both at 127.0.0.1
// and as a user at localhost too. And the pages that try to make use of it.
import { readFileSync } from 'node:fs';
import { launch } from '../sdk/browser/chromium.mjs';
import { serveApp } from '../sdk/browser/app.mjs';

const { CONSOLE_LINK, DRYDOCK_PROJECT } = process.env;
/** The address of the console's link, whose cookie it is. */
export const SERVER = new URL(CONSOLE_LINK).origin;
/** The name by which it is attacked. */
export const TARGET = SERVER.replace('127.0.0.1', process.env.TARGET_HOST);
export const cast = JSON.parse(process.env.CAST);

const script = readFileSync(new URL('attack.js', import.meta.url), 'utf8');
const page = (body, head = '') => `<!doctype html><title>prize</title>${head}<body>${body}`;

/** Runs `act` with a signed-in browser and the port of hostile pages; prints what it noted. */
export async function withVictim(act) {
  const inputs = (body) => Object.entries(body).map(([name, value]) => `<input name="${name}" value="${String(value)}">`).join('');
  const pages = { '/attack': page(`<script>${script}</script>`) };
  cast.forms.forEach(({ path, body }, i) => {
    const action = `${TARGET}${path}${path.includes('?') ? '&' : '?'}project=${DRYDOCK_PROJECT}`;
    const made = (target) =>
      `<form method=post target=${target} action="${action}">${inputs(body)}</form><script>document.forms[0].submit()</script>`;
    pages[`/form/${i}`] = page(made('_self'));
    pages[`/form-without-referrer/${i}`] = page(made('_self'), '<meta name=referrer content=no-referrer>');
    // A sandboxed document that may navigate the top: its form is a top-level POST of origin `null`.
    const sandbox = 'sandbox="allow-scripts allow-forms allow-top-navigation"';
    pages[`/form-of-sandbox/${i}`] = page(`<iframe ${sandbox} srcdoc="${made('_top').replaceAll('"', '&quot;')}"></iframe>`);
  });
  const hostile = await serveApp(pages);
  const browser = await launch(['evil.test', 'app.test']);
  const context = await browser.newContext();
  context.setDefaultTimeout(30_000);
  const seen = {};
  try {
    await signIn(context, SERVER, seen);
    await act({ context, seen, hostile });
    // Whatever was tried, the victim is still signed in.
    seen.signedInAfter = await stillSignedIn(context);
  } finally {
    await browser.close();
    hostile.close();
  }
  console.log(JSON.stringify(seen));
}

async function signIn(context, server, seen) {
  const page = await context.newPage();
  await page.goto(CONSOLE_LINK);
  await page.getByRole('button', { name: 'New function' }).first().waitFor();
  for (const origin of [server, server.replace('127.0.0.1', 'localhost')]) {
    await page.goto(`${origin}/`);
    await page.evaluate(
      async ([project, email, password]) => {
        const answer = await fetch('/v1/account/sessions', {
          method: 'POST',
          headers: { 'x-appwrite-project': project, 'content-type': 'application/json' },
          body: JSON.stringify({ email, password }),
        });
        if (answer.status !== 201) throw new Error(`${answer.status} ${await answer.text()}`);
      },
      [DRYDOCK_PROJECT, cast.email, cast.password],
    );
  }
  seen.cookies = (await context.cookies()).map(({ name, domain }) => `${domain} ${name.replace(/(console_).*/, '$1ID')}`).sort();
  await page.close();
}

/** The status that the victim herself gets: the console's at its own page, the account's at the app's. */
async function stillSignedIn(context) {
  const page = await context.newPage();
  await page.goto(`${SERVER}/`);
  await page.getByRole('button', { name: 'New function' }).first().waitFor();
  const status = await page.evaluate(async (project) => (await fetch('/v1/account', { headers: { 'x-appwrite-project': project } })).status, DRYDOCK_PROJECT);
  await page.close();
  return { console: true, account: status };
}

/** Lets a hostile page of that host try everything on the server; what it could read, and what the server answered. */
export async function attackFrom(context, origin) {
  const page = await context.newPage();
  const answered = [];
  page.on('response', (response) => {
    const { origin, pathname } = new URL(response.url());
    if (origin === TARGET) answered.push([response.request().method(), pathname, response.status()]);
  });
  await page.goto(`${origin}/attack`);
  const target = { ...cast, project: DRYDOCK_PROJECT };
  const tries = await page.evaluate(([server, target]) => window.attack.all(server, target), [TARGET, target]);
  await page.close();
  return { tries, answered };
}

/** Opens pages that submit a form at the top level; the status of the answer at which the browser ends. */
export async function submitFrom(context, origin) {
  const list = [];
  const page = await context.newPage();
  for (const kind of ['form', 'form-without-referrer', 'form-of-sandbox']) {
    for (const [i, { path }] of cast.forms.entries()) {
      const answer = page.waitForResponse((response) => response.url().startsWith(TARGET) && response.request().method() === 'POST');
      // That another navigation interrupts this one is what the page is for.
      await page.goto(`${origin}/${kind}/${i}`, { waitUntil: 'commit' }).catch(() => undefined);
      list.push([`${kind}: POST ${path}`, (await answer).status()]);
    }
  }
  await page.close();
  return list;
}
