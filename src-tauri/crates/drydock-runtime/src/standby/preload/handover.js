
// What follows is the same for Node.js and Bun. Worker threads may come here too, without the variable.
const { DRYDOCK_STANDBY: descriptor } = process.env;
if (descriptor !== undefined) {
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
}
