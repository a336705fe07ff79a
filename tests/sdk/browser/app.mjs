// A web app of a test's own: an empty page with the browser SDK appwrite 6.0.1, on a port that is not the server's.
import http from 'node:http';
import { readFileSync } from 'node:fs';

const sdk = readFileSync(new URL('../node_modules/appwrite/dist/iife/sdk.js', import.meta.url));

/** Serves the app on a free port of loopback; `paths` are pages more, by their path. `cookies`: what browsers sent it. */
export async function serveApp(paths = {}) {
  const cookies = new Set();
  const server = http.createServer((request, response) => {
    if (request.headers.cookie) cookies.add(request.headers.cookie);
    const path = new URL(request.url, 'http://app').pathname;
    const script = path === '/sdk.js';
    response.setHeader('content-type', script ? 'text/javascript' : 'text/html; charset=utf-8');
    response.end(script ? sdk : (paths[path] ?? '<!doctype html><title>app</title><script src="/sdk.js"></script>'));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: server.address().port, cookies, close: () => server.close() };
}

/** Opens the app in a page and gives it `app`: a client of that project, and how a call is refused. */
export async function openApp(page, url, endpoint, project) {
  await page.goto(url);
  await page.evaluate(
    ([endpoint, project]) => {
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
      window.app = { client, refusal };
    },
    [endpoint, project],
  );
}
