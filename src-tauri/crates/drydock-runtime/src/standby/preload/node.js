// Drydock: holds this process back until it has an execution, then leaves no trace of having done so.
// Loaded by `node --require`, before anything of the function's.
'use strict';
const option = process.execArgv.indexOf('--require');
if (option >= 0) process.execArgv.splice(option, 2);
delete require.cache[__filename];
const { _pathCache: paths } = require('module');
for (const key of Object.keys(paths)) if (paths[key] === __filename) delete paths[key];
// Of Node's own modules those that most functions load, directly or through an SDK: a fifth of the time that an SDK
// takes. They have no effect but being there. A Node without one of them goes without.
if (process.env.DRYDOCK_STANDBY !== undefined) {
  for (const name of ['http', 'https', 'crypto', 'zlib', 'tty']) {
    try {
      require(name);
    } catch {}
  }
}
