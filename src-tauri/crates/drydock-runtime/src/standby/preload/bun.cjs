// Drydock: holds this process back until it has an execution, then leaves no trace of having done so.
// Loaded by `bun --preload`, before anything of the function's. Workers may load it too, without the variable.
'use strict';
(() => {
  const { DRYDOCK_STANDBY: descriptor } = process.env;
  const option = process.execArgv.indexOf('--preload');
  if (option >= 0) process.execArgv.splice(option, 2);
  if (descriptor === undefined) return;

  const fs = require('fs');
  const socket = Number(descriptor);
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
