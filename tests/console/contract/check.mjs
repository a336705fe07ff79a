// Asks a well-filled server for everything that the console asks for, listens to its stream while things happen, and holds all
// of it against the types of the console's client. Prints what differs, and what was never seen with anything in it.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { happen, make, openConsole, receiver, until } from '../shop/fill.mjs';
import { Shapes } from './shapes.mjs';

const { CONSOLE_LINK, DRYDOCK_KEY, DRYDOCK_BIN, DRYDOCK_DATA_DIR, ROUTES } = process.env;
/** What is no JSON, what ends what the check needs, and the stream that only a window of the desktop reads. */
const NOT_HERE = /\/(archive|file|stream|window)$/;

const env = { DRYDOCK_DATA_DIR };
const link = () => execFileSync(DRYDOCK_BIN, ['console'], { env: { ...process.env, ...env }, encoding: 'utf8' }).trim();
const home = mkdtempSync(join(tmpdir(), 'drydock-shop-'));
const hooks = await receiver();
const shapes = new Shapes('src/lib/api/answers.ts');
const answers = shapes.members(shapes.named('Answers'));
const problems = new Set();
// A list says the same of each of its rows.
const tell = (found) => found.forEach((problem) => problems.add(problem.replace(/\[\d+\]/g, '[…]')));

try {
  const { origin } = new URL(CONSOLE_LINK);
  const call = await openConsole(CONSOLE_LINK);

  const streamed = [];
  const stream = await call.open('/console/api/projects/default/stream');
  const reading = (async () => {
    let rest = '';
    for await (const bytes of stream.body) {
      const parts = (rest + Buffer.from(bytes).toString('utf8')).split('\n\n');
      rest = parts.pop();
      for (const part of parts) {
        const data = part.split('\n').filter((line) => line.startsWith('data:')).map((line) => line.slice(5).trim()).join('\n');
        if (data !== '') streamed.push(JSON.parse(data));
      }
    }
  })().catch(() => undefined);

  const at = () => ({ drydock: DRYDOCK_BIN, env, link: link(), home, hooks: hooks.url });
  await make(at());
  const ids = await happen(at());
  await until('the stream has told of all that happened', () => streamed.some(({ type }) => type === 'delivery') && streamed.some(({ type, functionId }) => type === 'execution' || functionId === 'import-csv'));

  const all = { projectId: 'default', functionId: 'resize-avatar', userId: 'ada', teamId: 'warehouse', webhookId: ids.webhook, tagId: ids.tags[0] };
  await call('POST', '/console/api/projects/default/functions/resize-avatar/payloads', { json: { name: 'An avatar', data: '{"id":1}' } });
  const { keys } = await call('GET', '/console/api/projects/default/keys');
  const more = { 'GET /console/api/schedules/next': '?expression=0+3+*+*+*', 'GET /console/api/events/sample': '?name=users.create', 'GET /console/api/projects/{projectId}/functions/{functionId}/tags/{tagId}/changes': `?from=${ids.tags[1]}` };
  const bodies = {
    'POST /console/api/folders/inspect': { folder: join(home, 'functions/resize-avatar') },
    'POST /console/api/projects/{projectId}/users/{userId}/sessions': {},
    'POST /v1/projects/{projectId}/keys': { name: 'Another', scopes: ['users.read'] },
  };
  const asked = async (route, given) => {
    const [method, template] = route.split(' ');
    const path = template.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(given[name])) + (more[route] ?? '');
    const isOurs = path.startsWith('/console/');
    const project = isOurs ? {} : { project: template.startsWith('/v1/projects') ? 'console' : 'default' };
    const value = await call(method, path, { ...project, ...(bodies[route] === undefined ? {} : { json: bodies[route] }) });
    tell(shapes.problems(value, answers.get(route), route, isOurs));
  };
  for (const executionId of [ids.failed, ids.replay, ids.running]) {
    for (const eventId of [ids.event]) {
      const given = { ...all, executionId, eventId, deliveryId: ids.delivery, keyId: keys[0].id };
      for (const route of answers.keys()) await asked(route, given);
    }
  }
  // Of every kind of note one: what a project changes about itself, and takes back.
  const ours = (rest) => `/console/api/projects/default/${rest}`;
  const theirs = (method, rest, json) => call(method, `/v1/projects/default${rest}`, { project: 'console', json });
  for (const [network, backend] of [['none', 'process'], ['full', 'process']]) await call('PATCH', ours('functions/price-sync'), { json: { network, backend } });
  const key = await theirs('POST', '/keys', { name: 'Short', scopes: ['users.read'] });
  await theirs('PUT', `/keys/${key.$id}`, { name: 'Shorter', scopes: ['users.read'] });
  await theirs('DELETE', `/keys/${key.$id}`);
  const platform = await theirs('POST', '/platforms', { type: 'flutter-ios', name: 'App', key: 'com.example.app' });
  await theirs('PUT', `/platforms/${platform.$id}`, { name: 'The app', key: 'com.example.app' });
  await theirs('DELETE', `/platforms/${platform.$id}`);
  const settings = { url: 'http://127.0.0.1:9', events: ['teams.create'], security: true, httpUser: '', httpPass: '' };
  const hook = await theirs('POST', '/webhooks', { name: 'Short', ...settings });
  await theirs('PUT', `/webhooks/${hook.$id}`, { name: 'Shorter', ...settings });
  await theirs('DELETE', `/webhooks/${hook.$id}`);
  await theirs('PATCH', '', { name: 'The shop' });
  await call('DELETE', ours('functions/resize-avatar/link'));
  const asKey = { 'x-appwrite-project': 'default', 'x-appwrite-key': DRYDOCK_KEY, 'content-type': 'application/json' };
  await fetch(`${origin}/v1/functions/price-sync/executions`, { method: 'POST', headers: asKey, body: '{}' });
  const declared = { $id: 'nightly', name: 'Nightly', runtime: 'node-20.0', path: 'functions/resize-avatar', entrypoint: 'index.js', execute: ['role:all'], events: ['users.create'], schedule: '0 3 * * *', timeout: 30, vars: { A: 'b' } };
  mkdirSync(join(home, 'empty'));
  writeFileSync(join(home, 'appwrite.json'), JSON.stringify({ projectId: 'default', functions: [declared] }));
  for (const folder of [home, join(home, 'empty')]) {
    bodies['POST /console/api/folders/inspect'] = { folder };
    await asked('POST /console/api/folders/inspect', all);
  }
  const staging = { ...all, webhookId: ids.staging };
  await asked('GET /console/api/projects/{projectId}/webhooks/{webhookId}/deliveries', staging);
  await asked('GET /console/api/projects/{projectId}/keys', all);
  for (const page of ['?limit=100', '?kind=project&limit=100', '?kind=webhooks&limit=100', '?kind=code&limit=100', '?kind=functions&limit=100']) {
    more['GET /console/api/projects/{projectId}/activity'] = page;
    await asked('GET /console/api/projects/{projectId}/activity', all);
  }
  // Functions, schedules and folders that differ.
  for (const functionId of ['price-sync', 'welcome-mail', 'nightly-report', 'thumbnailer', 'import-csv']) {
    for (const route of [...answers.keys()].filter((name) => /\{functionId\}(\/executions|\/link|\/tags)?$/.test(name))) await asked(route, { ...all, functionId });
  }
  more['GET /console/api/schedules/next'] = '?expression=nonsense';
  await asked('GET /console/api/schedules/next', all);

  for (const event of streamed) tell(shapes.problems(event, shapes.named('Streamed'), `stream, ${event.type}`, true));

  const routes = readFileSync(ROUTES, 'utf8').split('\n').map((line) => line.split(' ').slice(0, 2).join(' '));
  const unknown = routes.filter((route) => route.startsWith('GET /console/api/') && !NOT_HERE.test(route) && !answers.has(route));
  const unseen = [...shapes.fields].filter(([, seen]) => !seen).map(([field]) => field);
  const unheard = [...shapes.variants].filter(([, seen]) => !seen).map(([variant]) => variant);
  console.log(JSON.stringify({ origin, problems: [...problems], unknown, unseen, unheard, fields: shapes.fields.size, streamed: streamed.length }));
  stream.stop();
  await reading;
} finally {
  hooks.close();
  rmSync(home, { recursive: true, force: true });
}
