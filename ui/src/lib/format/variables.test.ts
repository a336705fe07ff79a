import { expect, test } from 'vitest';
import { newRow, rowsOf, varsOf } from './variables';

test('variables survive the way to the form and back, in their order', () => {
  const vars = { ZED: '1', ALPHA: 'two words', EMPTY: '' };
  expect(varsOf(rowsOf(vars))).toEqual({ vars, problem: '' });
  expect(Object.keys(varsOf(rowsOf(vars)).vars)).toEqual(['ZED', 'ALPHA', 'EMPTY']);
});

test('an empty row is no variable', () => {
  expect(varsOf([newRow(), newRow('A', 'b')])).toEqual({ vars: { A: 'b' }, problem: '' });
});

test('a value without a name, a name twice and a name with "=" are told', () => {
  expect(varsOf([newRow('', 'x')]).problem).toBe('A value has no name.');
  expect(varsOf([newRow('A', '1'), newRow(' A', '2')]).problem).toBe('A stands there twice.');
  expect(varsOf([newRow('A=B', '1')]).problem).toContain('“=”');
});
