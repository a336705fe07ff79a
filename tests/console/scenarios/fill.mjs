// Fills a server for the scenarios that look at all of its pages; says the ids, how many pages there are, and which folder to remove.
import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { happen, make, receiver } from '../shop/fill.mjs';
import { views } from '../shop/views.mjs';

const { DRYDOCK_BIN, DRYDOCK_DATA_DIR } = process.env;
const env = { DRYDOCK_DATA_DIR };
const link = () => execFileSync(DRYDOCK_BIN, ['console'], { env: { ...process.env, ...env }, encoding: 'utf8' }).trim();
const hooks = await receiver();
const home = mkdtempSync(join(tmpdir(), 'drydock-shop-'));
const server = () => ({ drydock: DRYDOCK_BIN, env, link: link(), home, hooks: hooks.url });
await make(server());
const ids = await happen(server());
hooks.close();
console.log(JSON.stringify({ ids, home, views: views(ids).length }));
