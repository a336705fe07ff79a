// What every scenario of the console has: a browser, a page that is watched, a place for pictures.
//
// A scenario is told by environment where the server is, throws when the console is wrong, and prints one JSON
// object of what it saw; the Rust test that starts it judges. Only accessible names are relied on.
import { mkdirSync } from 'node:fs';
import { basename } from 'node:path';
import { launch } from '../sdk/browser/chromium.mjs';

export const { CONSOLE_LINK, SCREENSHOTS, FUNCTION_ID, DRYDOCK_ENDPOINT, DRYDOCK_KEY } = process.env;

// Of each wait; the Rust side gives up on the whole scenario after five times that.
const PATIENCE_MS = 30_000;

/** Runs a scenario with a page; whatever the page complains about or asks of other hosts is among what is printed. */
export async function scenario(act, { colorScheme = 'light', width = 1440, height = 900 } = {}) {
  mkdirSync(SCREENSHOTS, { recursive: true });
  const browser = await launch();
  const context = await browser.newContext({ colorScheme, viewport: { width, height }, reducedMotion: 'reduce' });
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  context.setDefaultTimeout(PATIENCE_MS);
  const seen = { complaints: [], refusals: [], foreignRequests: [] };
  const page = watched(await context.newPage(), seen);
  try {
    await act(page, seen, context);
  } catch (error) {
    await page.screenshot({ path: `${SCREENSHOTS}/failed-${basename(process.argv[1], '.mjs')}.png` }).catch(() => undefined);
    console.error(error, seen);
    process.exitCode = 1;
  } finally {
    await browser.close();
  }
  console.log(JSON.stringify(seen));
}

/** Notes what a page complains about, what it was refused, and which other hosts it asks. */
export function watched(page, seen) {
  const home = new URL(CONSOLE_LINK).origin;
  page.on('console', (message) => {
    if (!['error', 'warning'].includes(message.type())) return;
    // The browser itself prints a line for each answer that is an error; the test knows which there must be.
    const [, status] = /^Failed to load resource: the server responded with a status of (\d+)/.exec(message.text()) ?? [];
    if (status === undefined) seen.complaints.push(message.text());
    else seen.refusals.push(`${status} ${new URL(message.location().url).pathname}`);
  });
  page.on('pageerror', (error) => seen.complaints.push(String(error)));
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (['http:', 'https:', 'ws:', 'wss:'].includes(url.protocol) && url.origin !== home) seen.foreignRequests.push(url.href);
  });
  return page;
}

/** Opens the one-time link and waits for the first room. */
export async function enter(page) {
  await page.goto(CONSOLE_LINK);
  await page.getByRole('table', { name: 'Functions' }).or(page.getByRole('button', { name: 'New function' }).first()).first().waitFor();
}

/** Goes from the list to a function's page. */
export async function openFunction(page) {
  const row = page.getByRole('table', { name: 'Functions' }).getByRole('row').filter({ hasText: FUNCTION_ID });
  await row.getByRole('link').first().click();
  await page.getByRole('tab', { name: 'Executions' }).waitFor();
}

/** Goes to one of the places in the rail. */
export function goTo(page, place) {
  return page.getByRole('navigation', { name: 'Places' }).getByRole('link', { name: place }).click();
}

/** What a copy button puts on the clipboard. */
export async function copied(button) {
  const page = button.page();
  await page.evaluate(() => navigator.clipboard.writeText(''));
  await button.click();
  // A loop of its own: waitForFunction takes the promise of an answer for the answer.
  return page.evaluate(async (patienceMs) => {
    const giveUpAt = Date.now() + patienceMs;
    for (;;) {
      const text = await navigator.clipboard.readText();
      if (text !== '' || Date.now() > giveUpAt) return text;
      await new Promise(requestAnimationFrame);
    }
  }, PATIENCE_MS);
}

/** A request of an app or a script, beside the browser. */
export async function api(method, path, headers = {}, json = undefined) {
  const body = json === undefined ? {} : { body: JSON.stringify(json) };
  const response = await fetch(`${DRYDOCK_ENDPOINT}${path}`, {
    method,
    headers: { 'x-appwrite-project': 'default', 'content-type': 'application/json', ...headers },
    ...body,
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? null : JSON.parse(text) };
}

/** The header of a server with an API key; that of the first start has every scope. */
export const withKey = (secret = DRYDOCK_KEY) => ({ 'x-appwrite-key': secret });

/** The header of a user's app. */
export const withJwt = (jwt) => ({ 'x-appwrite-jwt': jwt });

export function picture(page, name) {
  return page.screenshot({ path: `${SCREENSHOTS}/${name}.png` });
}
