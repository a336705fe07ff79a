import { expect, test } from 'vitest';
import { causeOf } from './cause';

// As the interpreters wrote it.
const SAID = {
  node: "/code/a.js:1\nfunction load(user) { return user.profile.name; }\n                                          ^\n\nTypeError: Cannot read properties of undefined (reading 'name')\n    at load (/code/a.js:1:43)\n    at Object.<anonymous> (/code/a.js:3:1)\n    at Module._compile (node:internal/modules/cjs/loader:1521:14)\n    at Module._extensions..js (node:internal/modules/cjs/loader:1623:10)\n    at Module.load (node:internal/modules/cjs/loader:1266:32)\n    at Module._load (node:internal/modules/cjs/loader:1091:12)\n    at Function.executeUserEntryPoint [as runMain] (node:internal/modules/run_main:164:12)\n    at node:internal/main/run_main_module:28:49\n\nNode.js v20.20.2\n",
  nodeSyntax: "/code/b.js:1\nconst x = ;\n          ^\n\nSyntaxError: Unexpected token ';'\n    at wrapSafe (node:internal/modules/cjs/loader:1464:18)\n    at Module._compile (node:internal/modules/cjs/loader:1495:20)\n    at Module._extensions..js (node:internal/modules/cjs/loader:1623:10)\n    at Module.load (node:internal/modules/cjs/loader:1266:32)\n    at Module._load (node:internal/modules/cjs/loader:1091:12)\n    at Function.executeUserEntryPoint [as runMain] (node:internal/modules/run_main:164:12)\n    at node:internal/main/run_main_module:28:49\n\nNode.js v20.20.2\n",
  nodePlain: "\n/code/c.js:1\nthrow 'plain'\n^\nplain\n(Use `node --trace-uncaught ...` to show where the exception was thrown)\n\nNode.js v20.20.2\n",
  nodeCause: "/code/e.js:1\nconst e=new Error('with cause',{cause:new TypeError('inner')}); e.code='E_X'; throw e\n                                                                              ^\n\nError: with cause\n    at Object.<anonymous> (/code/e.js:1:9)\n    at Module._compile (node:internal/modules/cjs/loader:1521:14)\n    ... 4 lines matching cause stack trace ...\n    at node:internal/main/run_main_module:28:49 {\n  code: 'E_X',\n  [cause]: TypeError: inner\n      at Object.<anonymous> (/code/e.js:1:39)\n      at Module._compile (node:internal/modules/cjs/loader:1521:14)\n      at Module._extensions..js (node:internal/modules/cjs/loader:1623:10)\n      at Module.load (node:internal/modules/cjs/loader:1266:32)\n      at Module._load (node:internal/modules/cjs/loader:1091:12)\n      at Function.executeUserEntryPoint [as runMain] (node:internal/modules/run_main:164:12)\n      at node:internal/main/run_main_module:28:49\n}\n\nNode.js v20.20.2\n",
  python: "Traceback (most recent call last):\n  File \"/code/a.py\", line 4, in <module>\n    load({})\n  File \"/code/a.py\", line 2, in load\n    return user[\"profile\"][\"name\"]\n           ~~~~^^^^^^^^^^^\nKeyError: 'profile'\n",
  pythonSyntax: "  File \"/code/b.py\", line 1\n    def f(\n         ^\nSyntaxError: '(' was never closed\n",
  php: "PHP Fatal error:  Uncaught RuntimeException: no profile in /code/a.php:2\nStack trace:\n#0 /code/a.php(4): load()\n#1 {main}\n  thrown in /code/a.php on line 2\n",
  phpSyntax: "PHP Parse error:  syntax error, unexpected token \";\" in /code/b.php on line 1\n",
  ruby: "a.rb:1:in `fetch': key not found: :profile (KeyError)\n\tfrom a.rb:1:in `load'\n\tfrom a.rb:3:in `<main>'\n",
  rubySyntax: "b.rb:1: syntax error, unexpected end-of-input, expecting ')'\ndef f(\n      ^\n",
};

const told = (text: string) => {
  const cause = causeOf(text.split('\n'));
  return cause === null ? null : [cause.text, cause.place === null ? null : `${cause.place.file}:${cause.place.line}`];
};

test('the exception is found in what each language writes, with the place in the code', () => {
  expect(told(SAID.node)).toEqual(["TypeError: Cannot read properties of undefined (reading 'name')", '/code/a.js:1']);
  expect(told(SAID.nodeSyntax)).toEqual(["SyntaxError: Unexpected token ';'", '/code/b.js:1']);
  expect(told(SAID.nodeCause)).toEqual(['Error: with cause', '/code/e.js:1']);
  expect(told(SAID.python)).toEqual(["KeyError: 'profile'", '/code/a.py:2']);
  expect(told(SAID.pythonSyntax)).toEqual(["SyntaxError: '(' was never closed", '/code/b.py:1']);
  expect(told(SAID.php)).toEqual(['RuntimeException: no profile', '/code/a.php:2']);
  expect(told(SAID.phpSyntax)?.[0]).toContain('syntax error, unexpected token ";"');
  expect(told(SAID.phpSyntax)?.[1]).toBe('/code/b.php:1');
  expect(told(SAID.ruby)).toEqual(['key not found: :profile (KeyError)', 'a.rb:1']);
  expect(told(SAID.rubySyntax)?.[0]).toContain('syntax error');
});

test('what is no exception is the last line', () => {
  expect(told(SAID.nodePlain)?.[0]).toBe('plain');
  expect(told('one\ntwo\n\n')).toEqual(['two', null]);
  expect(told('')).toBeNull();
});

test('a chain of exceptions of Python ends with the one that counts', () => {
  const text = 'Traceback (most recent call last):\n  File "/code/m.py", line 2, in f\nKeyError: 1\n\nDuring handling of the above exception, another exception occurred:\n\nTraceback (most recent call last):\n  File "/code/m.py", line 9, in <module>\n  File "/usr/lib/python3/json/x.py", line 3, in g\nValueError: bad\n';
  expect(told(text)).toEqual(['ValueError: bad', '/code/m.py:9']);
});
