// Drydock: says which of the files named as arguments do not parse. Nothing of them is executed.
'use strict';
const { readFileSync, writeSync } = require('fs');
const { dirname, extname } = require('path');
const vm = require('vm');

const MODULE = ['exports', 'require', 'module', '__filename', '__dirname'];
const compile = {
  commonjs: (text) => vm.compileFunction(text, MODULE, { filename: 'checked' }),
  // Compiles; it would be linked and evaluated in steps of their own.
  module: (text) => new vm.SourceTextModule(text, { identifier: 'checked' }),
};

// Node can put the place before the stack: `checked:LINE`, the line, and carets below the column. It does so by itself
// where it tells of the error, and in `vm` for scripts but not for modules, thus --expose-internals. A very long line
// has no carets.
function placed(error) {
  try {
    require('internal/util').decorateErrorStack(error);
  } catch {}
  const [place, , carets = ''] = String(error.stack).split('\n');
  const line = /^checked:(\d+)$/.exec(place);
  const column = carets.trim().startsWith('^') ? carets.indexOf('^') + 1 : undefined;
  return { line: line ? Number(line[1]) : undefined, column, message: error.message };
}

function problemOf(text, kind) {
  try {
    compile[kind](text);
  } catch (error) {
    if (error instanceof SyntaxError) return placed(error);
    throw error;
  }
}

const types = new Map();
// What the nearest package.json says of its `.js` files, if it says something.
function typeOf(folder) {
  if (!types.has(folder)) types.set(folder, readType(folder));
  return types.get(folder);
}

function readType(folder) {
  try {
    return JSON.parse(readFileSync(`${folder}/package.json`, 'utf8')).type;
  } catch (error) {
    return error.code === 'ENOENT' && folder !== '.' ? typeOf(dirname(folder)) : undefined;
  }
}

function scriptProblem(file, text) {
  const kind = { '.mjs': 'module', '.cjs': 'commonjs' }[extname(file)] || typeOf(dirname(file));
  if (Object.prototype.hasOwnProperty.call(compile, kind)) return problemOf(text, kind);
  const first = problemOf(text, 'commonjs');
  const second = first && problemOf(text, 'module');
  // Neither: the one that came further understood more of it.
  const further = second && (second.line - first.line || second.column - first.column);
  return further > 0 ? second : second && first;
}

function jsonError(text) {
  try {
    JSON.parse(text);
  } catch (error) {
    return error.message;
  }
}

function jsonProblem(text) {
  const message = jsonError(text);
  if (message === undefined) return undefined;
  // Files with a value on each line go by this name too.
  if (text.trim() && text.split('\n').every((line) => !line.trim() || !jsonError(line))) return undefined;
  let end = text.length;
  const position = /at position (\d+)/.exec(message);
  if (position) {
    end = Number(position[1]);
  } else if (message.startsWith('Unexpected token')) {
    // Node 20 and newer do not say where. What is cut before the unexpected is complained about in other words.
    let start = 0;
    while (start + 1 < end) {
      const middle = (start + end) >> 1;
      if (String(jsonError(text.slice(0, middle))).startsWith('Unexpected token')) end = middle;
      else start = middle;
    }
    end -= 1;
  }
  const lines = text.slice(0, end).split('\n');
  const words = message.split(/ in JSON at position|, "|, \.\.\./)[0];
  return { line: lines.length, column: lines[lines.length - 1].length + 1, message: words };
}

const errors = [];
const skipped = [];
process.argv.slice(1).forEach((file, index) => {
  try {
    const text = readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
    const problem = extname(file) === '.json' ? jsonProblem(text) : scriptProblem(file, text);
    if (problem) errors.push({ file: index, ...problem, message: problem.message.slice(0, 500) });
  } catch (error) {
    // Nested too deeply, or too large. What cannot be read is not checked.
    if (error.syscall === undefined) skipped.push(index);
  }
});
writeSync(1, `${JSON.stringify({ errors: errors.slice(0, 20), skipped })}\n`);
