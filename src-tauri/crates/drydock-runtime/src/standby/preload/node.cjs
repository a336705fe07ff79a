// Drydock: holds this process back until it has an execution, then leaves no trace of having done so.
// Loaded by `node --require`, before anything of the function's. Worker threads load it too, without the variable.
'use strict';
(() => {
  const { DRYDOCK_STANDBY: descriptor } = process.env;
  const option = process.execArgv.indexOf('--require');
  if (option >= 0) process.execArgv.splice(option, 2);
  delete require.cache[__filename];
  const { _pathCache: paths } = require('module');
  for (const key of Object.keys(paths)) if (paths[key] === __filename) delete paths[key];
  if (descriptor === undefined) return;

  const fs = require('fs');
  const socket = Number(descriptor);
  // Of Node's own modules those that most functions load, directly or through an SDK: a third of the time that an
  // SDK takes. They have no effect but being there. A Node without one of them goes without.
  for (const name of ['http', 'https', 'crypto', 'zlib', 'tty']) {
    try {
      require(name);
    } catch {}
  }
  fs.writeSync(socket, '.');
  const chunks = [];
  for (;;) {
    const chunk = Buffer.allocUnsafe(65536);
    const length = fs.readSync(socket, chunk);
    if (length === 0) break;
    chunks.push(chunk.subarray(0, length));
  }
  fs.writeSync(socket, '.');
  fs.closeSync(socket);
  delete process.env.DRYDOCK_STANDBY;
  for (const pair of Buffer.concat(chunks).toString().split('\0')) {
    const equals = pair.indexOf('=');
    if (equals > 0) process.env[pair.slice(0, equals)] = pair.slice(equals + 1);
  }
})();
