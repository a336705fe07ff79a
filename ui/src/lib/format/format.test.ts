import { describe, expect, test } from 'vitest';
import { clockMs, clockOrDay, day, utc } from './clock';
import { createFunctionCommand, createUserCommand, uploadCommand } from './commands';
import { characters, isJson, readable } from './data';
import { age, ago, duration } from './duration';
import { idFromName, isCustomId, shortId } from './ids';
import { familyOfFiles, firstRuntime, runtimeLabel, usualCommand } from './runtime';
import { shellQuote } from './shell';
import { count, plural, size } from './size';
import { snippet } from './snippets';

describe('durations', () => {
  test.each([
    [0, '0 ms'],
    [0.42, '0.42 ms'],
    [9.4, '9.4 ms'],
    [31, '31 ms'],
    [412.3, '412 ms'],
    [999.6, '1 s'],
    [1824, '1.82 s'],
    [4100, '4.1 s'],
    [59_960, '1 min'],
    [120_000, '2 min'],
    [125_000, '2 min 5 s'],
    [3_600_000, '1 h'],
    [5_400_000, '1 h 30 min'],
    [Number.NaN, '–'],
  ])('%d ms reads %s', (ms, text) => {
    expect(duration(ms)).toBe(text);
  });

  test('ages are in one unit, and a clock that runs ahead never makes one negative', () => {
    expect([age(8_400), age(125_000), age(5 * 3_600_000), age(3 * 86_400_000), age(-4_000)]).toEqual(['8 s', '2 min', '5 h', '3 d', '0 s']);
    expect([ago(400), ago(8_400)]).toEqual(['now', '8 s ago']);
  });
});

describe('times', () => {
  const at = Date.UTC(2026, 10, 24, 13, 2, 11, 482);

  test('a line of output shows local time, and its UTC on hover', () => {
    expect(clockMs(at)).toBe('14:02:11.482');
    expect(utc(at)).toBe('2026-11-24 13:02:11.482 UTC');
  });

  test('another day is named', () => {
    expect(clockOrDay(at, at + 60_000)).toBe('14:02:11');
    expect(clockOrDay(at, at + 86_400_000)).toBe('24 Nov 14:02');
    expect(clockOrDay(at, at + 366 * 86_400_000)).toBe('24 Nov 2026 14:02');
    expect([day(at, at + 1), day(at, at + 366 * 86_400_000)]).toEqual(['24 Nov', '24 Nov 2026']);
  });
});

test('sizes and counts', () => {
  expect([size(0), size(999), size(1234), size(30_000_000), size(999_999)]).toEqual(['0 B', '999 B', '1.2 KB', '30 MB', '1 MB']);
  expect([count(10_000), plural(1, 'line'), plural(2, 'entry', 'entries')]).toEqual(['10,000', '1 line', '2 entries']);
});

test('whole versions of Node, Java and .NET lose their zero, others keep it', () => {
  expect(['Node.js', 'Python', 'PHP'].map((name, i) => runtimeLabel(name, ['20.0', '3.10', '8.0'][i] ?? ''))).toEqual(['Node.js 20', 'Python 3.10', 'PHP 8.0']);
  expect([usualCommand('python-3.11'), usualCommand('swift-5.5')]).toEqual(['python main.py', './main']);
});

describe('ids', () => {
  test('an id is made from a name and always fits the rule', () => {
    expect(idFromName('Résumé mailer!')).toBe('resume-mailer');
    expect(idFromName('  --hello_world.v2-- ')).toBe('hello_world.v2');
    expect(idFromName('日本')).toBe('');
    const long = idFromName('a'.repeat(35) + ' b');
    expect(long).toBe('a'.repeat(35));
    expect(isCustomId(long)).toBe(true);
  });

  test('the rule is that of the API', () => {
    expect(['a', 'A.b_c-9', 'x'.repeat(36)].every(isCustomId)).toBe(true);
    expect(['', '-a', 'a/b', 'unique()', 'x'.repeat(37)].some(isCustomId)).toBe(false);
  });

  test('ids made by the server are cut to ten, chosen ones stay', () => {
    expect([shortId('6744f3b95e1a77c04d21'), shortId('resize-avatar')]).toEqual(['6744f3b95e', 'resize-avatar']);
  });
});

describe('data', () => {
  test('is counted in characters, not in UTF-16 units', () => {
    expect(characters('añ😀')).toBe(3);
  });

  test('is JSON only when it parses and holds something', () => {
    expect([isJson('{"a":1}'), isJson('12'), isJson(' '), isJson('{a:1}')]).toEqual([true, true, false, false]);
  });

  test('objects are indented for reading, everything else is left as it came', () => {
    expect(readable('{"a":[1]}')).toBe('{\n  "a": [\n    1\n  ]\n}');
    expect([readable('{oops'), readable('007'), readable('hello')]).toEqual(['{oops', '007', 'hello']);
  });
});

test('a word for the shell is quoted only when it must be', () => {
  expect([shellQuote('data=hello'), shellQuote(`it's`), shellQuote('')]).toEqual(['data=hello', `'it'\\''s'`, `''`]);
});

test('commands name the project only when it is not the default one', () => {
  expect(createFunctionCommand('default')).not.toContain('--project');
  expect([createUserCommand('default'), createUserCommand('shop')]).toEqual(['drydock users create --email ada@example.com', 'drydock users create --email ada@example.com --project shop']);
  expect(createFunctionCommand('shop')).toMatch(/ --project shop$/);
  expect(uploadCommand('default', 'hello', 'node index.js')).toBe(`drydock tags create hello --code . --command 'node index.js' --activate`);
});

test('snippets call this function of this project at this endpoint', () => {
  const target = { functionId: 'resize-avatar', projectId: 'shop', endpoint: 'http://127.0.0.1:4747/v1' };
  expect(snippet('javascript', target)).toBe(`functions.createExecution(\n  'resize-avatar', data)`);
  expect(snippet('python', target)).toBe(`functions.create_execution(\n  'resize-avatar', data)`);
  expect(snippet('curl', target).split('\n')).toEqual([
    'curl http://127.0.0.1:4747/v1/functions/resize-avatar/executions \\',
    `  -H 'X-Appwrite-Project: shop' \\`,
    '  -H "X-Appwrite-Key: $APPWRITE_KEY" \\',
    '  -d data=hello',
  ]);
});

test('a folder tells its language by its first file', () => {
  expect([familyOfFiles(['lib/index.js', 'main.py']), familyOfFiles(['index.ts']), familyOfFiles(['README.md'])]).toEqual(['python', 'deno', null]);
});

test('the runtime to begin with is one that is installed, of the language if that is known', () => {
  const all = ['node-18.0', 'node-20.0', 'python-3.11', 'dart-3.0'].map(($id) => ({ $id, name: '', version: '' }));
  const here = [{ family: 'python', path: '', version: '3.11.7' }, { family: 'node', path: '', version: '22.1.0' }];
  expect([firstRuntime(all, here, null), firstRuntime(all, here, 'node'), firstRuntime(all, here, 'dart'), firstRuntime(all, [], null)]).toEqual([
    'python-3.11',
    'node-20.0',
    'dart-3.0',
    'node-18.0',
  ]);
  expect(firstRuntime([], here, null)).toBe('');
});
