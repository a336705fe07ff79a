// A user's life: made in the dialog, found, stood in for, blocked, deleted; the API answers accordingly.
import { api, copied, enter, goTo, picture, scenario, withJwt, withKey } from '../browser.mjs';

await scenario(async (page, seen) => {
  await enter(page);
  await goTo(page, /^Users & teams/);
  await page.getByText('No users yet').waitFor();
  await picture(page, 'users-empty');

  await page.getByRole('button', { name: 'New user' }).click();
  const dialog = page.getByRole('dialog', { name: 'New user' });
  await dialog.getByLabel('Name', { exact: true }).fill('Ada Lovelace');
  await dialog.getByLabel('E-mail').fill('ada@example.com');
  await dialog.getByLabel('Password', { exact: true }).fill('analytical engine');
  await dialog.getByLabel('ID', { exact: true }).fill('ada');
  await picture(page, 'new-user');
  await dialog.getByRole('button', { name: 'Create' }).click();
  const table = page.getByRole('table', { name: 'Users' });
  await table.getByRole('link', { name: 'Ada Lovelace' }).waitFor();
  seen.dialogIsOpen = await dialog.isVisible();
  seen.signsIn = (await api('POST', '/account/sessions', {}, { email: 'ada@example.com', password: 'analytical engine' })).status;

  const grace = { userId: 'grace', email: 'grace@example.com', password: 'nanosecond wire', name: 'Grace Hopper' };
  await api('POST', '/users', withKey(), grace);
  await table.getByRole('link', { name: 'Grace Hopper' }).waitFor();
  await page.getByRole('link', { name: 'Users & teams 2' }).waitFor();
  await picture(page, 'users');

  const search = page.getByRole('searchbox', { name: 'Search users' });
  await search.fill('hopp');
  await table.getByRole('link', { name: 'Ada Lovelace' }).waitFor({ state: 'hidden' });
  seen.found = await table.getByRole('link').allInnerTexts();
  seen.searchAddress = new URL(page.url()).search;
  await search.fill('nobody of that name');
  await page.getByText('Nothing matches').waitFor();
  await page.getByRole('button', { name: 'Clear the search' }).click();

  await table.getByRole('link', { name: 'Ada Lovelace' }).click();
  await page.getByRole('heading', { name: 'Ada Lovelace' }).waitFor();
  seen.userAddress = new URL(page.url()).pathname;
  const sessions = page.getByRole('table', { name: 'Sessions' });
  await sessions.getByRole('row').nth(1).waitFor();
  const before = await sessions.getByRole('row').count();
  await page.getByRole('button', { name: 'Sign in as' }).click();
  const signedIn = page.getByRole('dialog', { name: 'Signed in as Ada Lovelace' });
  const jwt = await copied(signedIn.getByRole('button', { name: 'Copy JWT' }));
  const cookie = await copied(signedIn.getByRole('button', { name: 'Copy session cookie' }));
  seen.tokenIsShown = (await signedIn.innerText()).includes(jwt);
  await picture(page, 'signed-in-as');
  const account = await api('GET', '/account', withJwt(jwt));
  seen.byToken = [account.status, account.body.$id];
  seen.byCookie = (await api('GET', '/account', { cookie })).status;
  await signedIn.getByRole('button', { name: 'Close' }).click();
  await sessions.getByRole('row').nth(before).waitFor();
  seen.sessionsMore = (await sessions.getByRole('row').count()) - before;
  seen.tokenStays = (await page.content()).includes(jwt);
  await picture(page, 'user');

  await page.getByRole('button', { name: 'Block', exact: true }).click();
  await page.getByRole('button', { name: 'Unblock' }).waitFor();
  await page.getByText('blocked', { exact: true }).waitFor();
  seen.blockedByToken = (await api('GET', '/account', withJwt(jwt))).status;
  seen.blockedByCookie = (await api('GET', '/account', { cookie })).status;
  seen.blockedIsStoodInFor = await page.getByRole('button', { name: 'Sign in as' }).isEnabled();
  await picture(page, 'user-blocked');

  await page.getByRole('button', { name: 'Delete user' }).click();
  const question = page.getByRole('dialog', { name: 'Delete Ada Lovelace?' });
  seen.question = await question.innerText();
  await picture(page, 'user-delete');
  await question.getByRole('button', { name: 'Delete user' }).click();
  await table.getByRole('link', { name: 'Grace Hopper' }).waitFor();
  await table.getByRole('link', { name: 'Ada Lovelace' }).waitFor({ state: 'hidden' });
  seen.listAddress = new URL(page.url()).pathname;
});
