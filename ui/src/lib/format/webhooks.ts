// Webhooks in words: what is wrong with an address while it is typed, where a delivery is, how a signature is checked.
import type { Attempt, Delivery } from '$lib/api/types-webhooks';
import { characters } from './data';
import { ahead, duration } from './duration';
import { count, plural } from './size';

/** The API's limit of an address, in characters. */
export const MAX_URL = 2048;
/** Deliveries that wait for one webhook; one more is not tried. As the server has it. */
const MAX_WAITING = 2000;

/** The address that a text says, and what keeps it from being one. Neither while it is only begun. */
export function addressOf(text: string): { url: string; problem: string } {
  const url = text.trim();
  const wrong = (problem: string) => ({ url: '', problem });
  if (['http://', 'https://'].some((scheme) => scheme.startsWith(url.toLowerCase()))) return wrong('');
  if (!/^https?:\/\//i.test(url)) return wrong('An address begins with http:// or https://.');
  const long = characters(url);
  if (long > MAX_URL) return wrong(`An address has at most ${count(MAX_URL)} characters, this one has ${count(long)}.`);
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    return wrong('This is no address: after // comes a host, then perhaps a port and a path.');
  }
  if (parsed.username !== '' || parsed.password !== '') return wrong('User and password are not sent from here: they go under Basic authentication.');
  return { url, problem: '' };
}

export type Tone = 'ok' | 'bad' | 'wait';

/** Where a delivery is in its life. */
export function stateOf({ status, attempts, maxAttempts, nextAtMs }: Delivery, nowMs: number): { tone: Tone; words: string } {
  if (status === 'delivered') return { tone: 'ok', words: 'delivered' };
  if (status === 'failed') return { tone: 'bad', words: attempts.length === 0 ? 'not tried' : 'failed' };
  const next = `try ${attempts.length + 1} of ${maxAttempts} ${ahead((nextAtMs ?? nowMs) - nowMs)}`;
  return { tone: 'wait', words: `waiting, ${next}` };
}

/** What an attempt met: `Answered 200`, or why it failed. */
export function metBy({ status, error }: Attempt): string {
  return error ?? `Answered ${status}`;
}

/** How it went so far, in a line. */
export function courseOf({ status, attempts }: Delivery): string {
  const last = attempts.at(-1);
  if (last === undefined) return status === 'failed' ? `${count(MAX_WAITING)} waited already` : '';
  const tries = attempts.length === 1 ? '' : `${plural(attempts.length, 'try', 'tries')}, at last: `;
  return `${tries}${metBy(last)}, ${duration(last.tookMs)}`;
}

/** Of a delivery that failed without a try. */
export const NOT_TRIED = `${count(MAX_WAITING)} deliveries to this webhook waited already, so this one was not tried. Send it again once they are through.`;

/** When what is known of it became so. */
export function stateSinceMs({ createdAtMs, attempts }: Delivery): number {
  const last = attempts.at(-1);
  return last === undefined ? createdAtMs : last.atMs + last.tookMs;
}

/** For a receiver on Node.js: whether a request is from this server. */
export function verifySnippet(url: string): string {
  const quoted = /['\\]/.test(url) ? JSON.stringify(url) : `'${url}'`;
  return [
    `const { createHmac, timingSafeEqual } = require('node:crypto');`,
    '',
    `// body: the bytes as they came, not parsed and written again.`,
    `const expected = createHmac('sha1', process.env.WEBHOOK_KEY)`,
    `  .update(${quoted}).update(body).digest();`,
    `const signature = request.headers['x-appwrite-webhook-signature'] ?? '';`,
    `const given = Buffer.from(signature, 'base64');`,
    `const isGenuine =`,
    `  given.length === expected.length && timingSafeEqual(given, expected);`,
  ].join('\n');
}
