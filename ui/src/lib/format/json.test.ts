import { expect, test } from 'vitest';
import { formatted, isMeantAsJson, jsonProblem } from './json';

test('what is JSON has no problem', () => {
  for (const text of ['{}', '[1, -2.5e3, true, null, "a\\n\\u00e9"]', ' {"a": {"b": []}} ', '"x"', '0']) expect(jsonProblem(text)).toBeNull();
});

test('a mistake is named with its line and column', () => {
  const at = (text: string) => {
    const problem = jsonProblem(text);
    return problem === null ? null : [problem.line, problem.column, problem.message];
  };
  expect(at('{"a": 1,\n "b" 2}')).toEqual([2, 6, 'a colon is missing before 2']);
  expect(at('{"a": 1,}')).toEqual([1, 9, 'a comma too many before }']);
  expect(at('[1, 2,]')).toEqual([1, 7, 'a comma too many before ]']);
  expect(at('{"a": 1 "b": 2}')).toEqual([1, 9, 'a comma or } is missing before "']);
  expect(at('{a: 1}')).toEqual([1, 2, 'a name in double quotes is missing before a']);
  expect(at("{'a': 1}")?.[2]).toContain('double quotes');
  expect(at('{"a": \'b\'}')).toEqual([1, 7, 'texts stand in double quotes']);
  expect(at('{"a": "b')).toEqual([1, 7, 'this text has no closing quote']);
  expect(at('{"a":')).toEqual([1, 6, 'a value is missing before the end']);
  expect(at('{"a": 01}')).toEqual([1, 8, '1 does not belong to a number']);
  expect(at('{"a": tru}')?.[2]).toContain('a value is missing');
  expect(at('{} x')).toEqual([1, 4, 'x after the end of the JSON']);
  expect(at('{"a": "x\\q"}')?.[2]).toContain('backslash');
  expect(at('{"a": "x\ny"}')?.slice(0, 2)).toEqual([1, 9]);
});

test('what the browser refuses is always given a place, however deep', () => {
  const deep = '['.repeat(5000);
  expect(jsonProblem(deep)?.message).toContain('deeper');
  for (const text of ['', '{', '[', '"', '-', '{"a"', '{"a":}', 'nul', '\u0000', '{"a":1}}', '[1 2]', '1e', '.5']) {
    const problem = jsonProblem(text);
    expect(problem, text).not.toBeNull();
    expect(problem?.at).toBeLessThanOrEqual(text.length);
  }
});

test('only objects and lists are taken to be meant as JSON', () => {
  expect([' {', '[1', 'hello', '12', '"a"', ''].map(isMeantAsJson)).toEqual([true, true, false, false, false, false]);
});

test('JSON is indented, anything else is not touched', () => {
  expect(formatted('{"a":[1]}')).toBe('{\n  "a": [\n    1\n  ]\n}');
  expect(formatted('hello')).toBeNull();
});
