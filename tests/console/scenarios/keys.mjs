// An API key: made with one scope, used, its secret shown and hidden, revoked.
import { api, copied, enter, goTo, picture, scenario, withKey } from '../browser.mjs';

await scenario(async (page, seen) => {
  await enter(page);
  await goTo(page, /^API keys/);
  await page.getByRole('button', { name: 'New key' }).click();
  const dialog = page.getByRole('dialog', { name: 'New key' });
  await dialog.getByLabel('Name', { exact: true }).fill('Reader');
  await dialog.getByRole('checkbox', { name: 'functions.read' }).check();
  await picture(page, 'new-key');
  await dialog.getByRole('button', { name: 'Create' }).click();

  const made = page.getByRole('dialog', { name: 'Key Reader was made' });
  const secret = await copied(made.getByRole('button', { name: 'Copy secret' }));
  seen.madeIsShown = (await made.innerText()).includes(secret);
  await picture(page, 'key-made');
  await made.getByRole('button', { name: 'Close' }).click();
  await made.waitFor({ state: 'hidden' });
  const row = page.getByRole('table', { name: 'API keys' }).getByRole('row').filter({ hasText: 'Reader' });
  await row.getByText('never').waitFor();
  seen.stays = (await page.content()).includes(secret);

  const body = { functionId: 'unwanted', name: 'Unwanted', runtime: 'node-20.0' };
  seen.mayRead = (await api('GET', '/functions', withKey(secret))).status;
  seen.mayWrite = (await api('POST', '/functions', withKey(secret), body)).status;
  await row.getByText('never').waitFor({ state: 'hidden' });
  await picture(page, 'keys');

  await row.getByRole('button', { name: 'Show the secret of Reader' }).click();
  const shown = page.getByRole('dialog', { name: 'Secret of Reader' });
  await shown.getByText(secret).waitFor();
  seen.shown = true;
  await picture(page, 'key-shown');
  await shown.getByRole('button', { name: 'Close' }).click();
  await shown.waitFor({ state: 'hidden' });
  seen.hidden = !(await page.content()).includes(secret);
  seen.copiedIsIt = (await copied(row.getByRole('button', { name: 'Copy secret of Reader' }))) === secret;

  await row.getByRole('button', { name: 'Revoke Reader' }).click();
  const question = page.getByRole('dialog', { name: 'Revoke Reader?' });
  seen.question = await question.innerText();
  await picture(page, 'key-revoke');
  await question.getByRole('button', { name: 'Revoke key' }).click();
  await row.waitFor({ state: 'hidden' });
  seen.revoked = (await api('GET', '/functions', withKey(secret))).status;
});
