// A replay whose variables are not known and whose original is gone: both are said.
import { enter, openFunction, picture, scenario } from '../browser.mjs';

await scenario(async (page, seen) => {
  await enter(page);
  await openFunction(page);
  const detail = page.getByRole('article');
  await detail.getByText('completed').first().waitFor();
  seen.notice = await detail.getByText('are not known').innerText();
  await detail.getByRole('tab', { name: 'Compare' }).click();
  seen.compare = await detail.getByRole('alert').innerText();
  await picture(page, 'replay-unknown');
  await page.getByRole('button', { name: 'Replay on another tag…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Replay on another tag' });
  seen.dialog = await dialog.getByRole('paragraph').first().innerText();
  // It ran the active tag, so there is nothing to suggest.
  seen.ready = await dialog.getByRole('button', { name: 'Replay', exact: true }).isEnabled();
  await page.keyboard.press('Escape');
  seen.focus = await page.evaluate(() => document.activeElement?.getAttribute('aria-label'));
});
