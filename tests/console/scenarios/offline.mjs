// The server is killed and comes back on its port: the page says so, keeps what it shows, and catches up without a reload. An
// execution that was open goes on where it stood. A part whose code had not come by then comes when the server does.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serve } from '../shop/serve.mjs';

const { DRYDOCK_BIN } = process.env;
const home = mkdtempSync(join(tmpdir(), 'drydock-offline-'));
const env = { DRYDOCK_DATA_DIR: join(home, 'data') };
let server = await serve(DRYDOCK_BIN, { home, env });
Object.assign(process.env, { CONSOLE_LINK: server.console, DRYDOCK_ENDPOINT: server.endpoint, DRYDOCK_KEY: server.key });
// Reads them when it is imported.
const { api, enter, goTo, picture, scenario, withKey } = await import('../browser.mjs');
const create = (functionId, name) => api('POST', '/functions', withKey(), { functionId, name, runtime: 'node-20.0' });

try {
  await scenario(async (page, seen) => {
    await create('before', 'Before');
    const code = { began: [], underWay: new Set() };
    page.on('request', (request) => {
      if (!request.url().includes('/assets/')) return;
      code.began.push(request.url());
      code.underWay.add(request);
    });
    page.on('requestfinished', (request) => code.underWay.delete(request));
    await enter(page);
    const table = page.getByRole('table', { name: 'Functions' });
    await table.getByRole('link', { name: 'Before' }).waitFor();
    await page.evaluate(() => (globalThis.sameDocument = true));
    // The other pages are fetched soon after the first.
    while (!code.began.some((url) => url.includes('KeysPage')) || code.underWay.size > 0) await page.evaluate(() => new Promise(requestAnimationFrame));

    const { port } = new URL(server.origin);
    await server.stop('SIGKILL');
    const banner = page.getByRole('status').filter({ hasText: 'No connection to the server' });
    await banner.waitFor();
    seen.stillThere = await table.getByRole('link', { name: 'Before' }).isVisible();
    await picture(page, 'offline-killed');
    // Somewhere else meanwhile: that fails, in words, with a way on.
    await goTo(page, /^API keys/);
    await page.getByRole('alert').filter({ hasText: 'The server does not answer' }).waitFor();
    seen.words = await page.getByRole('alert').first().innerText();

    server = await serve(DRYDOCK_BIN, { home, env, port });
    await banner.waitFor({ state: 'detached' });
    await page.getByRole('table', { name: 'API keys' }).getByText('Made at first start').waitFor();
    seen.alerts = await page.getByRole('alert').count();
    await goTo(page, /^Functions/);
    await table.getByRole('link', { name: 'Before' }).waitFor();
    // Made by somebody else after the connection was lost and found: news come again.
    await create('after', 'After');
    await table.getByRole('link', { name: 'After' }).waitFor();
    seen.sameDocument = await page.evaluate(() => globalThis.sameDocument === true);

    await table.getByRole('link', { name: 'Before' }).click();
    const triggers = page.getByRole('tab', { name: 'Triggers' });
    await triggers.waitFor();
    await server.stop('SIGKILL');
    await banner.waitFor();
    await triggers.click();
    await page.getByRole('alert').filter({ hasText: 'This is fetched when it is back' }).waitFor();
    await picture(page, 'offline-code');
    server = await serve(DRYDOCK_BIN, { home, env, port });
    await page.getByText('Schedule').first().waitFor();
    seen.cameByItself = await page.evaluate(() => globalThis.sameDocument === undefined);
    seen.complaints = seen.complaints.filter((text) => !/net::ERR_(CONNECTION_REFUSED|INCOMPLETE_CHUNKED_ENCODING|CONNECTION_RESET|EMPTY_RESPONSE)/.test(text));
  });
} finally {
  await server.stop('SIGKILL');
  rmSync(home, { recursive: true, force: true });
}
