// A shop's worth of data for a server that has none: functions that ran, failed, run and wait, a folder that is linked,
// people, keys, webhooks with their deliveries, events. What `make screenshots` shows, and what the pages are checked with.
//
// All of it comes about as a user's would: by the command line and the API. Pinned are only names and ids, never times.
import { execFile } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const SOURCES = join(dirname(fileURLToPath(import.meta.url)), 'functions');
const PATIENCE_MS = 30_000;
const run = promisify(execFile);

/** Until it answers something true; with a limit, and the last answer when that is over. */
export async function until(what, ask) {
  const giveUpAt = Date.now() + PATIENCE_MS;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > giveUpAt) throw new Error(`waited ${PATIENCE_MS / 1000} s until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** A session of the console without a browser: spends a one-time link. */
export async function openConsole(link) {
  const { origin, hash } = new URL(link);
  const post = (path, headers, json) =>
    fetch(origin + path, { method: 'POST', headers: { Origin: origin, 'Content-Type': 'application/json', ...headers }, body: JSON.stringify(json) });
  const opened = await post('/console/api/session', {}, { token: new URLSearchParams(hash.slice(1)).get('token') });
  if (!opened.ok) throw new Error(`the console's door answered ${opened.status}`);
  const Cookie = opened.headers.getSetCookie().map((cookie) => cookie.split(';')[0]).join('; ');
  const session = { Origin: origin, Cookie, 'X-Drydock-Console': (await opened.json()).proof };
  const call = async (method, path, { project, json } = {}) => {
    const headers = { ...session, ...(project === undefined ? {} : { 'X-Appwrite-Project': project, 'X-Appwrite-Mode': 'admin' }) };
    const body = json === undefined ? {} : { body: JSON.stringify(json) };
    if (json !== undefined) headers['Content-Type'] = 'application/json';
    const answer = await fetch(origin + path, { method, headers, ...body });
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${await answer.text()}`);
    return answer.status === 204 ? null : answer.json();
  };
  /** An answer that does not end by itself. */
  call.open = async (path) => {
    const ending = new AbortController();
    const answer = await fetch(origin + path, { headers: session, signal: ending.signal });
    if (!answer.ok) throw new Error(`GET ${path} answered ${answer.status}`);
    return { body: answer.body, stop: () => ending.abort() };
  };
  return call;
}

/** What takes deliveries: `/` always, `/broken` never. */
export async function receiver() {
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      response.statusCode = request.url === '/broken' ? 503 : 200;
      response.end(request.url === '/broken' ? 'deploying, back in a minute' : 'thanks');
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}

/** The ways to act on a server: `drydock` is the binary, `env` has its data folder, `link` is a one-time link to it. */
async function hands({ drydock, env, link, home }) {
  const call = await openConsole(link);
  const cli = async (...args) => (await run(drydock, args, { env: { ...process.env, ...env } })).stdout;
  return {
    call,
    cli,
    folder: (name) => join(home, 'functions', name),
    // 1 where the function failed, which is what some are for.
    exec: (id, data, ...more) => cli('exec', id, '--data', data, '--wait', ...more).catch(() => undefined),
    executions: async (id) => (await call('GET', `/console/api/projects/default/functions/${id}/executions`)).executions,
  };
}

/** What there is: functions with their code below `home`, a linked folder, people, keys, webhooks that tell `hooks`. */
export async function make(server) {
  const { call, cli, folder } = await hands(server);
  const { home, hooks } = server;
  const make = (id, name, runtime, ...more) => cli('functions', 'create', '--id', id, '--name', name, '--runtime', runtime, ...more);
  const upload = (id, command, ...more) => cli('tags', 'create', id, '--code', folder(id), '--command', command, ...more);
  cpSync(SOURCES, join(home, 'functions'), { recursive: true });

  await make('resize-avatar', 'Resize avatar', 'node-20.0', '--execute', 'role:member', '--var', 'BUCKET=avatars');
  await upload('resize-avatar', 'node index.js');
  await cli('link', folder('resize-avatar'), '--function', 'resize-avatar', '--command', 'node index.js');
  await make('welcome-mail', 'Welcome mail', 'php-8.2', '--event', 'users.create');
  await upload('welcome-mail', 'php index.php', '--activate');
  await make('nightly-report', 'Nightly report', 'python-3.11', '--schedule', '0 3 * * *', '--var', 'REPORT_CURRENCY=EUR', '--var', 'SMTP_PASSWORD=correct horse');
  await upload('nightly-report', 'python main.py', '--activate');
  await make('import-csv', 'Import CSV', 'node-20.0', '--timeout', '900');
  await upload('import-csv', 'node index.js', '--activate');
  await make('price-sync', 'Price sync', 'python-3.11', '--execute', 'role:member');
  await upload('price-sync', 'python main.py', '--activate');
  await make('thumbnailer', 'Thumbnailer', 'ruby-3.1');

  await cli('projects', 'create', '--id', 'playground', '--name', 'Playground');
  await cli('keys', 'create', '--name', 'CI', '--scope', 'functions.read', '--scope', 'execution.write');
  await cli('keys', 'create', '--name', 'Backend', '--scope', 'users.read', '--scope', 'users.write', '--scope', 'functions.read');
  for (const [name, port, broken] of [['Shop backend', '/', false], ['Staging', '/broken', true]]) {
    const events = broken ? ['users.create'] : ['users.create', 'users.update.name', 'functions.executions.update', 'teams.create'];
    const json = { name, url: hooks + port, events, security: true, httpUser: '', httpPass: '' };
    await call('POST', '/v1/projects/default/webhooks', { project: 'console', json });
  }
  await call('POST', '/v1/projects/default/platforms', { project: 'console', json: { type: 'web', name: 'Shop', hostname: 'localhost' } });

  for (const [id, name] of [['ada', 'Ada Lovelace'], ['grace', 'Grace Hopper'], ['alan', 'Alan Turing'], ['katherine', 'Katherine Johnson'], ['edsger', 'Edsger Dijkstra'], ['barbara', 'Barbara Liskov'], ['donald', 'Donald Knuth']]) {
    await cli('users', 'create', '--id', id, '--name', name, '--email', `${id}@example.com`);
  }
  const admin = { project: 'default' };
  await call('PATCH', '/v1/users/edsger/status', { ...admin, json: { status: false } });
  await call('PATCH', '/v1/users/ada/name', { ...admin, json: { name: 'Ada King' } });
  for (const [id, name] of [['warehouse', 'Warehouse'], ['support', 'Support']]) await call('POST', '/v1/teams', { ...admin, json: { teamId: id, name } });
  for (const [who, roles] of [['ada', ['owner']], ['grace', ['packer']], ['alan', ['packer', 'night shift']]]) {
    await call('POST', '/v1/teams/warehouse/memberships', { ...admin, json: { email: `${who}@example.com`, roles, url: 'http://localhost/join', name: who } });
  }
  await call('POST', '/console/api/projects/default/users/ada/sessions', { json: {} });

  await until('the folder is live', async () => (await call('GET', '/console/api/projects/default/functions/resize-avatar')).activeTag !== null);
}

/** What happens: executions of every kind, saves, events. Answers the ids that pages are opened with. */
export async function happen(server) {
  const { call, cli, exec, executions, folder } = await hands(server);
  await exec('nightly-report', '');
  for (const supplier of ['nordwind', 'contoso', 'fabrikam']) await exec('price-sync', JSON.stringify({ supplier }));
  for (const name of ['alan', 'katherine', 'edsger', 'barbara', 'donald', 'ada']) {
    await exec('resize-avatar', JSON.stringify({ file: `avatars/${name}.png`, sizes: [512, 256, 64] }), ...(name === 'ada' ? ['--as', 'ada'] : []));
  }
  // A save that does not parse, and the next one, which does.
  const source = join(folder('resize-avatar'), 'index.js');
  const links = async () => (await call('GET', '/console/api/projects/default/functions/resize-avatar/link')).link;
  const good = readFileSync(source, 'utf8');
  writeFileSync(source, good.replace('for (const size of sizes)', 'for (const size of sizes'));
  await until('the broken save is seen', async () => (await links()).last?.outcome === 'does-not-parse');
  writeFileSync(source, good.replace('decoded 1024×1024 png', 'decoded 1024×1024 png in 3 ms'));
  await until('the good save is live', async () => (await links()).last?.outcome === 'active');

  await exec('resize-avatar', JSON.stringify({ file: 'avatars/barbara.png', sizes: [512, 256, 64] }));
  await exec('resize-avatar', JSON.stringify({ file: 'avatars/grace.heic', sizes: [256, 64] }), '--as', 'grace');
  const failed = (await executions('resize-avatar'))[0].id;
  await cli('exec', '--replay', failed, '--wait').catch(() => undefined);
  await cli('events', 'emit', 'storage.files.create');
  // One that runs; what the queue has no room for waits.
  await cli('exec', 'import-csv', '--data', 'customers-2.csv');
  await cli('exec', 'import-csv', '--data', 'orders.csv');
  await until('it runs', async () => (await executions('import-csv')).some(({ status }) => status === 'processing'));

  const hooked = await call('GET', '/console/api/projects/default/webhooks');
  const shop = hooked.webhooks.find(({ name }) => name === 'Shop backend').id;
  const deliveries = await until('webhooks are told', async () => {
    const page = await call('GET', `/console/api/projects/default/webhooks/${shop}/deliveries`);
    return page.deliveries.length > 0 && page;
  });
  const { events } = await call('GET', '/console/api/projects/default/events?search=users.create');
  const tags = (await call('GET', '/console/api/projects/default/functions/resize-avatar/tags?orderType=DESC')).tags;
  const replay = (await executions('resize-avatar')).find(({ replayOf }) => replayOf === failed)?.id;
  return {
    failed,
    replay,
    event: events[0].id,
    webhook: shop,
    staging: hooked.webhooks.find(({ name }) => name === 'Staging').id,
    delivery: deliveries.deliveries[0].id,
    tags: tags.map(({ $id }) => $id),
    running: (await executions('import-csv')).find(({ status }) => status === 'processing').id,
  };
}
