import { expect, test } from 'vitest';
import { hostOf, platformLabel } from './platforms';

test('what is pasted becomes the host name alone', () => {
  expect(['app.example.com', ' https://app.example.com:3000/login?x=1 ', 'APP.example.com/', 'app.example.com:8080'].map(hostOf)).toEqual(
    ['app.example.com', 'app.example.com', 'app.example.com', 'app.example.com'],
  );
});

test('what is no address is left for the server to refuse', () => {
  expect([hostOf('two words'), hostOf('')]).toEqual(['two words', '']);
});

test('a kind that is not known is shown as it is', () => {
  expect([platformLabel('flutter-ios'), platformLabel('fridge')]).toEqual(['Flutter, iOS', 'fridge']);
});
