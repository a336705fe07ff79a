import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ALL_EVENTS, groupsWith, inOrder, withEvent } from './events';

test('the groups hold each event of the contract once', () => {
  const file = new URL('../../../../tests/fixtures/contract/events-0.12.json', import.meta.url);
  const contract = (JSON.parse(readFileSync(file, 'utf8')) as { event: string }[]).map(({ event }) => event);
  expect([...ALL_EVENTS].sort()).toEqual(contract.sort());
  expect(ALL_EVENTS).toHaveLength(48);
});

test('whatever the order of picking, equal sets are equal lists', () => {
  const one = withEvent(withEvent([], 'users.create', true), 'functions.update', true);
  expect(one).toEqual(withEvent(withEvent([], 'functions.update', true), 'users.create', true));
  expect(withEvent(one, 'users.create', true)).toEqual(one);
  expect(withEvent(one, 'users.create', false)).toEqual(['functions.update']);
  expect(inOrder(['later.version', 'teams.create'])).toEqual(['teams.create', 'later.version']);
});

test('a search leaves the groups that have something', () => {
  const found = groupsWith(' Sessions  delete ');
  expect(found.map(({ service, events }) => [service, events])).toEqual([
    ['Account', ['account.sessions.delete']],
    ['Users', ['users.sessions.delete']],
  ]);
  expect(groupsWith('sing')).toEqual([]);
});
