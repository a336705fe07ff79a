// Starts the binary, as a script does that has to end it and start it again.
import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { until } from './fill.mjs';

/** `home`: a folder for the file that says where it listens. `env`: with its data folder. Answers what that file says, and `stop`. */
export async function serve(drydock, { home, env, port = '0' }) {
  const ready = join(home, 'ready.json');
  rmSync(ready, { force: true });
  // What tests are told by is none of the server's settings.
  const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('DRYDOCK_')));
  const child = spawn(drydock, ['serve', '--port', port, '--ready-file', ready], { env: { ...clean, ...env }, stdio: ['ignore', 'ignore', 'inherit'] });
  const ended = new Promise((resolve) => child.on('exit', resolve));
  const told = await until('the server listens', () => {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}`);
    try {
      return JSON.parse(readFileSync(ready, 'utf8'));
    } catch {
      return null;
    }
  });
  const stop = async (signal) => {
    child.kill(signal);
    await ended;
  };
  return { ...told, origin: new URL(told.console).origin, stop };
}
