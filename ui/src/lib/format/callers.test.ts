import { expect, test } from 'vitest';
import { asOf, callerOf } from './callers';

test('callers are told apart, and one that is not known stays as it came', () => {
  expect(callerOf('owner')).toEqual({ kind: 'console' });
  expect(callerOf('guest')).toEqual({ kind: 'guest' });
  expect(callerOf('key:6744f3')).toEqual({ kind: 'key', id: '6744f3' });
  expect(callerOf('user:ada')).toEqual({ kind: 'user', id: 'ada' });
  expect(callerOf('event:users.create')).toEqual({ kind: 'event', name: 'users.create' });
  expect([callerOf('user:'), callerOf('robot:7'), callerOf('')].map(({ kind }) => kind)).toEqual(['other', 'other', 'other']);
});

test('a user is asked for by id, and not before one is chosen', () => {
  expect(asOf({ kind: 'key' })).toBe('key');
  expect(asOf({ kind: 'user', user: { id: 'ada', label: 'Ada' } })).toBe('user:ada');
  expect(asOf({ kind: 'user', user: null })).toBeNull();
});
