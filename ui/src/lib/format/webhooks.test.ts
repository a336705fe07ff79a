import { runInNewContext } from 'node:vm';
import { createRequire } from 'node:module';
import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Attempt, Delivery } from '$lib/api/types-webhooks';
import { MAX_URL, addressOf, courseOf, stateOf, stateSinceMs, verifySnippet } from './webhooks';

const attempt: Attempt = { atMs: 1000, tookMs: 12, status: 200, error: null, answer: '' };
const refused: Attempt = { ...attempt, status: 500, error: 'Answered 500 Internal Server Error' };
const waiting: Delivery = { id: 'd', eventId: 'e', event: 'users.create', createdAtMs: 900, status: 'waiting', nextAtMs: 900, maxAttempts: 5, attempts: [] };

describe('an address while it is typed', () => {
  test('is one with http or https and a host', () => {
    for (const url of ['http://localhost:3000/hook', 'https://example.com', 'HTTP://[::1]:80/?a=b']) expect(addressOf(` ${url} `)).toEqual({ url, problem: '' });
  });

  test('is not called wrong while it may still become one', () => {
    for (const text of ['', 'h', 'http', 'https:/', 'HTTPS://']) expect(addressOf(text)).toEqual({ url: '', problem: '' });
  });

  test.each([
    ['localhost:3000/hook', 'http://'],
    ['ftp://example.com', 'http://'],
    ['http://:80', 'host'],
    ['http://two words/', 'host'],
    ['https://ada:secret@example.com', 'Basic authentication'],
    [`http://localhost/${'x'.repeat(MAX_URL)}`, '2,048'],
  ])('%s is told why it is none', (text, why) => {
    const { url, problem } = addressOf(text);
    expect(url).toBe('');
    expect(problem).toContain(why);
  });
});

describe('a delivery', () => {
  test('that waits says which try comes when', () => {
    expect(stateOf(waiting, 1000)).toEqual({ tone: 'wait', words: 'waiting, try 1 of 5 now' });
    expect(stateOf({ ...waiting, attempts: [refused], nextAtMs: 9200 }, 1000)).toEqual({ tone: 'wait', words: 'waiting, try 2 of 5 in 8 s' });
  });

  test('that is over says how', () => {
    expect(stateOf({ ...waiting, status: 'delivered', attempts: [attempt] }, 0)).toEqual({ tone: 'ok', words: 'delivered' });
    expect(stateOf({ ...waiting, status: 'failed', attempts: [refused] }, 0)).toEqual({ tone: 'bad', words: 'failed' });
    expect(stateOf({ ...waiting, status: 'failed' }, 0)).toEqual({ tone: 'bad', words: 'not tried' });
  });

  test('tells its course in a line', () => {
    expect(courseOf(waiting)).toBe('');
    expect(courseOf({ ...waiting, status: 'failed' })).toBe('2,000 waited already');
    expect(courseOf({ ...waiting, attempts: [attempt] })).toBe('Answered 200, 12 ms');
    expect(courseOf({ ...waiting, attempts: [refused, { ...attempt, status: null, error: 'Cannot connect: refused' }] })).toBe('2 tries, at last: Cannot connect: refused, 12 ms');
  });

  test('is what it is since its last try, or since it was made', () => {
    expect([stateSinceMs(waiting), stateSinceMs({ ...waiting, attempts: [refused, { ...attempt, atMs: 5000 }] })]).toEqual([900, 5012]);
  });
});

test.each(['http://localhost:3000/hook', "http://localhost/it's\\here"])('the lines that check a signature for %s tell ours from any other', (url) => {
  const body = Buffer.from('{"name":"Größe"}');
  const ours = createHmac('sha1', 'key').update(url).update(body).digest('base64');
  const isGenuine = (signature: string | undefined): unknown => {
    const world = { require: createRequire(import.meta.url), process: { env: { WEBHOOK_KEY: 'key' } }, Buffer, body, request: { headers: { 'x-appwrite-webhook-signature': signature } } };
    return runInNewContext(`${verifySnippet(url)}\nisGenuine`, world);
  };
  expect(isGenuine(ours)).toBe(true);
  expect([isGenuine(ours.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'))), isGenuine('short'), isGenuine(undefined)]).toEqual([false, false, false]);
});
