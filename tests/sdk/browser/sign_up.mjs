// A page makes an account with appwrite 6.0.1 and nothing more. Prints what account.create answered it.
import { launch } from './chromium.mjs';
import { openApp, serveApp } from './app.mjs';

const { DRYDOCK_ENDPOINT, DRYDOCK_PROJECT } = process.env;
const app = await serveApp();
const browser = await launch();
const page = await browser.newPage();
await openApp(page, `http://localhost:${app.port}/`, DRYDOCK_ENDPOINT, DRYDOCK_PROJECT);
const account = await page.evaluate(() => window.app.client.account.create('unique()', 'Ada@Example.com', 'a password of Ada', 'Ada'));
console.log(JSON.stringify(account));
await browser.close();
app.close();
