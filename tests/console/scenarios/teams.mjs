// A team: made, somebody added, their roles changed, somebody invited by them, somebody removed.
import { api, copied, enter, goTo, picture, scenario, withJwt } from '../browser.mjs';

const { ADA_JWT } = process.env;

/** Ada's app invites Grace. */
function invite() {
  const invitation = { email: 'grace@example.com', name: 'Grace', roles: ['editor'], url: 'http://localhost:3000/join' };
  return api('POST', '/teams/crew/memberships', withJwt(ADA_JWT), invitation);
}

await scenario(async (page, seen) => {
  await enter(page);
  await goTo(page, /^Users & teams/);
  await page.getByRole('tab', { name: 'Teams' }).click();
  await page.getByText('No teams yet').waitFor();
  await page.getByRole('button', { name: 'New team' }).click();
  const dialog = page.getByRole('dialog', { name: 'New team' });
  await dialog.getByLabel('Name', { exact: true }).fill('Crew');
  await picture(page, 'new-team');
  await dialog.getByRole('button', { name: 'Create' }).click();
  await page.getByRole('heading', { name: 'Crew', exact: true }).waitFor();
  seen.address = new URL(page.url()).pathname;
  await page.getByText('Nobody is in this team').waitFor();
  await picture(page, 'team-empty');

  await page.getByRole('button', { name: 'Add member' }).click();
  const adding = page.getByRole('dialog', { name: 'Add member' });
  await adding.getByLabel('E-mail').fill('ada@example.com');
  await picture(page, 'add-member');
  await adding.getByRole('button', { name: 'Add', exact: true }).click();
  const members = page.getByRole('table', { name: 'Members' });
  const ada = members.getByRole('row').filter({ hasText: 'ada@example.com' });
  await ada.getByText('member', { exact: true }).waitFor();
  await page.getByText('1 member', { exact: true }).waitFor();
  seen.invitationWithoutRole = (await invite()).status;

  await ada.getByRole('button', { name: /^Change the roles of/ }).click();
  const roles = page.getByRole('dialog', { name: /^Roles of/ });
  await roles.getByRole('button', { name: '+ owner' }).click();
  // Typed and not added: meant all the same.
  await roles.getByLabel('Role', { exact: true }).fill('navigator');
  await picture(page, 'roles');
  await roles.getByRole('button', { name: 'Save' }).click();
  await ada.getByText('navigator').waitFor();
  seen.roles = await ada.getByRole('cell').nth(1).innerText();

  seen.invitation = (await invite()).status;
  const grace = members.getByRole('row').filter({ hasText: 'grace@example.com' });
  await grace.getByText('invited', { exact: true }).waitFor();
  await picture(page, 'team-invited');
  const link = new URL(await copied(grace.getByRole('button', { name: /^Copy invitation link of/ })));
  seen.linkPage = link.origin + link.pathname;
  const { teamId, membershipId, userId, secret } = Object.fromEntries(link.searchParams);
  const confirmed = await api('PATCH', `/teams/${teamId}/memberships/${membershipId}/status`, {}, { userId, secret });
  seen.confirmed = [confirmed.status, confirmed.body.confirm];
  await grace.getByText('member', { exact: true }).waitFor();
  await page.getByText('2 members', { exact: true }).waitFor();
  seen.linkStays = await grace.getByRole('button', { name: /^Copy invitation link of/ }).isVisible();
  await picture(page, 'team');

  await grace.getByRole('button', { name: /^Remove/ }).click();
  const question = page.getByRole('dialog', { name: /^Remove .*\?$/ });
  seen.question = await question.innerText();
  await picture(page, 'member-remove');
  await question.getByRole('button', { name: 'Remove member' }).click();
  await grace.waitFor({ state: 'hidden' });
  await page.getByText('1 member', { exact: true }).waitFor();
  await page.getByRole('link', { name: 'Teams', exact: true }).click();
  await page.getByRole('table', { name: 'Teams' }).getByRole('link', { name: 'Crew' }).waitFor();
  await picture(page, 'teams');
});
