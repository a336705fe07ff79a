// The second half of the console's session, sent with every request beside the cookie.
// A cookie belongs to a host, whatever the port: a function, or any other program on this machine, that listens on
// another port of 127.0.0.1 and is opened in this browser gets to see the cookie. What localStorage holds belongs to
// the exact origin, port included, so the proof is kept there; neither half opens the console without the other.
import { recall, remember, whenRemembered } from '$lib/backend/web';

const KEY = 'proof';

/** The header of every request. Read anew each time: another tab may have spent a link meanwhile. */
export function proofHeaders(): Record<string, string> {
  const proof = recall(KEY);
  return proof === null ? {} : { 'X-Drydock-Console': proof };
}

export function keepProof(proof: string): void {
  remember(KEY, proof);
}

export function forgetProof(): void {
  remember(KEY, null);
}

/** Told when another tab came in or signed out. */
export function whenProofChanged(listener: () => void): void {
  whenRemembered(KEY, listener);
}
