// The payload of an event while it is typed.
import { characters } from './data';
import { count } from './size';

/** The server's limit, in characters. */
export const PAYLOAD_LIMIT = 65_536;

/** What is wrong with it, and where as far as the browser says; empty when nothing is. */
export function payloadProblem(text: string): string {
  if (text.trim() === '') return 'A payload is JSON, at least null.';
  const long = characters(text);
  if (long > PAYLOAD_LIMIT) return `A payload has at most ${count(PAYLOAD_LIMIT)} characters, this one has ${count(long)}.`;
  try {
    JSON.parse(text);
    return '';
  } catch (error) {
    return `This is not JSON: ${error instanceof Error ? error.message : String(error)}`;
  }
}
