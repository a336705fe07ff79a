// A page of another origin on this machine uses the browser SDK appwrite 6.0.1: may it read the answers?
// Prints one JSON object of what the page saw.
import http from 'node:http';
import { readFileSync } from 'node:fs';
import { launch } from './chromium.mjs';

const { DRYDOCK_ENDPOINT, DRYDOCK_PROJECT, DRYDOCK_FUNCTION } = process.env;
const sdk = readFileSync(new URL('../node_modules/appwrite/dist/iife/sdk.js', import.meta.url));

const pages = http.createServer((request, response) => {
  const script = request.url === '/sdk.js';
  response.setHeader('content-type', script ? 'text/javascript' : 'text/html');
  response.end(script ? sdk : '<!doctype html><script src="/sdk.js"></script>');
});
await new Promise((resolve) => pages.listen(0, '127.0.0.1', resolve));

const browser = await launch();
const page = await browser.newPage();
await page.goto(`http://localhost:${pages.address().port}/`);
const seen = await page.evaluate(
  async ([endpoint, project, functionId]) => {
    const client = new window.Appwrite();
    client.setEndpoint(endpoint).setProject(project);
    const refusal = async (call) => {
      try {
        await call();
        return null;
      } catch (error) {
        return { code: error.code, message: error.message };
      }
    };
    return {
      execute: await refusal(() => client.functions.createExecution(functionId, 'data')),
      list: await refusal(() => client.functions.listExecutions(functionId)),
    };
  },
  [DRYDOCK_ENDPOINT, DRYDOCK_PROJECT, DRYDOCK_FUNCTION],
);
console.log(JSON.stringify(seen));
await browser.close();
pages.close();
