import { expect, test } from 'vitest';
import { clientLabel, prefsOf, userLabel } from './people';

test('a user is called by name, else by e-mail, else by id', () => {
  expect(userLabel({ $id: 'u1', name: 'Ada', email: 'ada@example.com' })).toBe('Ada');
  expect(userLabel({ $id: 'u1', name: ' ', email: 'ada@example.com' })).toBe('ada@example.com');
  expect(userLabel({ $id: 'u1', name: '', email: '' })).toBe('u1');
});

test('what is not known of a client is left out', () => {
  expect(clientLabel({ clientName: 'Chrome', clientVersion: '128', osName: 'Linux', osVersion: '' })).toBe('Chrome 128 on Linux');
  expect(clientLabel({ clientName: 'curl', osName: '' })).toBe('curl');
  expect(clientLabel({ clientName: '', clientVersion: '9', osName: 'iOS', osVersion: '17.5' })).toBe('something on iOS 17.5');
  expect(clientLabel({ clientName: '', osName: '' })).toBe('unknown');
});

test('preferences are an object, or nothing', () => {
  expect(prefsOf('{"theme":"dark"}')).toEqual({ prefs: { theme: 'dark' }, problem: '' });
  expect(prefsOf('  ')).toEqual({ prefs: {}, problem: '' });
  for (const wrong of ['[1]', 'null', '"text"', '12']) expect(prefsOf(wrong).problem).toContain('JSON object');
  expect(prefsOf('{theme}').problem).toMatch(/^This is not JSON: /);
  expect(prefsOf(JSON.stringify({ long: 'é'.repeat(33_000) })).problem).toContain('65535 bytes');
});
