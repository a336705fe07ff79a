// Drydock: holds this process back until it has an execution, then leaves no trace of having done so.
// Loaded by `bun --preload`, before anything of the function's.
'use strict';
const option = process.execArgv.indexOf('--preload');
if (option >= 0) process.execArgv.splice(option, 2);
