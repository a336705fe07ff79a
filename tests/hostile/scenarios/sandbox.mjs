// A sandboxed frame of http://evil.test, whose requests have the origin `null`: it tries to become somebody with an
// account of its own making, and to run a function and read what it printed.
import { launch } from '../../sdk/browser/chromium.mjs';
import { serveApp } from '../../sdk/browser/app.mjs';

const { DRYDOCK_ENDPOINT, DRYDOCK_PROJECT, DRYDOCK_FUNCTION } = process.env;

/** Runs inside the frame. */
async function burgle([endpoint, project, functionId]) {
  const seen = {};
  let fallback = '';
  const call = async (method, path, body) => {
    const headers = { 'x-appwrite-project': project, 'content-type': 'application/json', 'x-fallback-cookies': fallback };
    try {
      const answer = await fetch(endpoint + path, { method, headers, credentials: 'include', body: body && JSON.stringify(body) });
      fallback = answer.headers.get('x-fallback-cookies') ?? fallback;
      seen[`${method} ${path}`] = answer.status;
    } catch {
      seen[`${method} ${path}`] = 'no answer';
    }
  };
  await call('GET', '/account');
  await call('POST', '/account', { userId: 'burglar', email: 'burglar@evil.test', password: 'a long password' });
  await call('POST', '/account/sessions', { email: 'burglar@evil.test', password: 'a long password' });
  await call('POST', '/account/sessions/anonymous', {});
  await call('POST', `/functions/${functionId}/executions`, { data: 'evil' });
  await call('GET', `/functions/${functionId}/executions`);
  await call('POST', '/teams', { teamId: 'burglars', name: 'Burglars' });
  parent.postMessage(seen, '*');
}

const inside = `<script>(${burgle})(${JSON.stringify([DRYDOCK_ENDPOINT, DRYDOCK_PROJECT, DRYDOCK_FUNCTION])})</script>`;
const app = await serveApp({
  '/': `<!doctype html><script>window.told = new Promise((resolve) => (onmessage = ({ data }) => resolve(data)))</script>
    <iframe sandbox="allow-scripts" srcdoc="${inside.replaceAll('&', '&amp;').replaceAll('"', '&quot;')}"></iframe>`,
});
const browser = await launch(['evil.test']);
const page = await browser.newPage();
await page.goto(`http://evil.test:${app.port}/`);
console.log(JSON.stringify(await page.evaluate(() => window.told)));
await browser.close();
app.close();
