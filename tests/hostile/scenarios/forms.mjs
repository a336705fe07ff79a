// Pages in the victim's browser that submit a form at the top level, where even Lax cookies may go along.
import { submitFrom, withVictim } from '../victim.mjs';

await withVictim(async ({ context, seen, hostile }) => {
  seen.forms = await submitFrom(context, `http://${process.env.FROM_HOST}:${hostile.port}`);
});
