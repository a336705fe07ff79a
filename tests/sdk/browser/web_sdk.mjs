// A page of another origin on this machine uses the browser SDK appwrite 6.0.1: may it read the answers?
// Prints one JSON object of what the page saw.
import { launch } from './chromium.mjs';
import { openApp, serveApp } from './app.mjs';

const { DRYDOCK_ENDPOINT, DRYDOCK_PROJECT, DRYDOCK_FUNCTION } = process.env;
const app = await serveApp();
const browser = await launch();
const page = await browser.newPage();
await openApp(page, `http://localhost:${app.port}/`, DRYDOCK_ENDPOINT, DRYDOCK_PROJECT);
const seen = await page.evaluate(async (functionId) => {
  const { client, refusal } = window.app;
  return {
    execute: await refusal(() => client.functions.createExecution(functionId, 'data')),
    list: await refusal(() => client.functions.listExecutions(functionId)),
  };
}, DRYDOCK_FUNCTION);
console.log(JSON.stringify(seen));
await browser.close();
app.close();
