import { expect, test } from 'vitest';
import { ALL_SCOPES, SCOPE_GROUPS, SCOPE_PRESETS, scopesInShort, withScope } from './scopes';

test('the groups hold each of the twenty-one scopes once', () => {
  expect(ALL_SCOPES).toHaveLength(21);
  expect(new Set(ALL_SCOPES).size).toBe(21);
  expect(SCOPE_GROUPS.find(({ scopes }) => scopes.some((scope) => scope === 'execution.write'))?.service).toBe('Functions');
});

test('the preset for functions is functions and their executions, no more', () => {
  expect(SCOPE_PRESETS.find(({ name }) => name === 'Functions')?.scopes).toEqual(['functions.read', 'functions.write', 'execution.read', 'execution.write']);
});

test('whatever the order of picking, equal sets are equal lists', () => {
  const one = withScope(withScope([], 'users.read', true), 'functions.read', true);
  const other = withScope(withScope([], 'functions.read', true), 'users.read', true);
  expect(one).toEqual(other);
  expect(withScope(one, 'functions.read', true)).toEqual(one);
  expect(withScope(one, 'users.read', false)).toEqual(['functions.read']);
});

test('a scope that is not on the list is kept', () => {
  expect(withScope(['buckets.read'], 'users.read', true)).toEqual(['users.read', 'buckets.read']);
});

test('in short, reading and writing of one thing are one word', () => {
  expect(scopesInShort(['functions.read', 'functions.write', 'execution.read'])).toEqual(['functions.*', 'execution.read']);
  expect(scopesInShort(ALL_SCOPES)).toEqual(['all']);
  expect(scopesInShort([])).toEqual([]);
});
