// What a bare process must get to be compared with a function: the same interpreter, the same variables.
console.log(JSON.stringify({ program: process.execPath, version: process.version, variables: process.env }));
