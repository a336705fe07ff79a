// The console's door: the link opens it once, the cookie keeps it open, and nobody else comes in.
import { CONSOLE_LINK, enter, picture, scenario, watched } from '../browser.mjs';

await scenario(async (page, seen, context) => {
  await enter(page);
  seen.address = page.url().replace(new URL(page.url()).origin, '');
  seen.tokenInAddress = page.url().includes('token');
  await page.reload();
  await page.getByRole('button', { name: 'New function' }).first().waitFor();
  seen.openAfterReload = true;
  const cookies = await context.cookies();
  seen.cookies = cookies.map(({ name, httpOnly, sameSite }) => [name.replace(/[0-9a-zA-Z]+$/, 'ID'), httpOnly, sameSite]);
  await picture(page, 'functions-empty');

  // Somebody else with the same link, and somebody without any.
  const other = await context.browser().newContext();
  for (const [what, link] of [['spent', CONSOLE_LINK], ['noLink', new URL(CONSOLE_LINK).origin]]) {
    const stranger = watched(await other.newPage(), seen);
    await stranger.goto(link);
    await stranger.getByText('drydock console').first().waitFor();
    seen[what] = await stranger.getByRole('heading').first().innerText();
    seen[`${what}SeesFunctions`] = await stranger.getByRole('button', { name: 'New function' }).isVisible();
    await picture(stranger, `door-${what}`);
  }
});
