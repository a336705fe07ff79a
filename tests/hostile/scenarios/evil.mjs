// A page of http://evil.test, open in the victim's browser, tries everything that a script and elements can.
import { attackFrom, withVictim } from '../victim.mjs';

await withVictim(async ({ context, seen, hostile }) => {
  seen.attack = await attackFrom(context, `http://evil.test:${hostile.port}`);
  seen.cookiesGiven = hostile.cookies.size;
});
