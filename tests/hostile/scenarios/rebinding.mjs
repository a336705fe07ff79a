// DNS rebinding: the name evil.test leads to this machine, and the page is asked from the server's very port.
import { launch } from '../../sdk/browser/chromium.mjs';

const port = new URL(process.env.DRYDOCK_ENDPOINT).port;
const browser = await launch(['evil.test']);
const context = await browser.newContext();
const seen = {};
for (const path of JSON.parse(process.env.PATHS)) {
  const page = await context.newPage();
  const answer = await page.goto(`http://evil.test:${port}${path}`);
  // Its document is of the server's own origin, as far as the browser can tell.
  const inside = await page.evaluate(async () => {
    const read = async (path, init) => (await fetch(path, init)).status;
    const json = { 'content-type': 'application/json', 'x-appwrite-project': 'default' };
    return [
      await read('/v1/functions', { headers: json }),
      await read('/v1/account', { method: 'POST', headers: json, body: '{}' }),
      await read('/console/api/status', { headers: { 'x-drydock-console': '1' } }),
      await read('/console/api/session', { method: 'POST', headers: json, body: '{"token":"made-up"}' }),
    ];
  });
  const socket = await page.evaluate(
    () =>
      new Promise((resolve) => {
        const socket = new WebSocket(`ws://${location.host}/v1/realtime?project=default&channels[]=executions`);
        socket.onopen = () => resolve('opened');
        socket.onerror = () => resolve('refused');
      }),
  );
  seen[path] = { status: answer.status(), inside, socket, cookies: (await context.cookies()).length };
  await page.close();
}
console.log(JSON.stringify(seen));
await browser.close();
