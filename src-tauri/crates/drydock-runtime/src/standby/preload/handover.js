
// What follows is the same for Node.js and Bun. Worker threads may come here too, without the variable.
const { DRYDOCK_STANDBY: descriptors } = process.env;
if (descriptors !== undefined) {
  const fs = require('fs');
  // A socket, or, in a container, standard input to hear and standard output to speak.
  const [ear, mouth = ear] = descriptors.split(',').map(Number);
  fs.writeSync(mouth, '.');
  const chunks = [];
  for (;;) {
    const chunk = Buffer.allocUnsafe(65536);
    const length = fs.readSync(ear, chunk);
    if (length === 0) break;
    chunks.push(chunk.subarray(0, length));
  }
  fs.writeSync(mouth, '.');
  fs.closeSync(ear);
  // The lowest free number, so that standard input is what it is in other runs.
  if (ear === 0) fs.openSync('/dev/null');
  delete process.env.DRYDOCK_STANDBY;
  for (const pair of Buffer.concat(chunks).toString().split('\0')) {
    const equals = pair.indexOf('=');
    if (equals > 0) process.env[pair.slice(0, equals)] = pair.slice(equals + 1);
  }
}
