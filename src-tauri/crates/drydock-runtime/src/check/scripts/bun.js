// Drydock: says which of the files named as arguments do not parse. Nothing of them is executed.
'use strict';
const { readFileSync, writeSync } = require('fs');

// Bun reads JSX in JavaScript too.
const loaders = { js: 'jsx', cjs: 'jsx', mjs: 'jsx', jsx: 'jsx', ts: 'ts', cts: 'ts', mts: 'ts', tsx: 'tsx' };
const transpilers = {};

function problemsOf(file, text) {
  const loader = loaders[file.split('.').pop()];
  transpilers[loader] = transpilers[loader] || new Bun.Transpiler({ loader });
  try {
    // Alone of its methods this one does not run macros, which are code of the file's.
    transpilers[loader].scanImports(text);
    return [];
  } catch (error) {
    return error.errors || [error];
  }
}

const errors = [];
const skipped = [];
process.argv.slice(1).forEach((file, index) => {
  let text;
  try {
    // It does not know a byte order mark, nor the line that names the interpreter.
    text = readFileSync(file, 'utf8').replace(/^\uFEFF/, '').replace(/^#!/, '//');
  } catch {
    return;
  }
  for (const { position, message } of problemsOf(file, text)) {
    if (!position) {
      skipped.push(index);
      break;
    }
    errors.push({ file: index, line: position.line, column: position.column, message: String(message).slice(0, 500) });
  }
});
writeSync(1, `${JSON.stringify({ errors: errors.slice(0, 20), skipped })}\n`);
