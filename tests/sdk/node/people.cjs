// Users and teams as a server-side JavaScript program manages them with node-appwrite 4.0.2 and a key, and an account
// as it looks by a JWT. Prints one JSON object of what it saw; the Rust test that starts it judges.
const sdk = require('node-appwrite');

const { DRYDOCK_ENDPOINT, DRYDOCK_PROJECT, DRYDOCK_KEY, DRYDOCK_JWT } = process.env;

const connect = () => new sdk.Client().setEndpoint(DRYDOCK_ENDPOINT).setProject(DRYDOCK_PROJECT);
const ids = (rows) => rows.map((row) => row.$id);

/** What an SDK call is refused with. */
async function refusal(call) {
  try {
    await call();
    return null;
  } catch (error) {
    return { code: error.code, message: error.message };
  }
}

async function main() {
  const client = connect().setKey(DRYDOCK_KEY);
  const [users, teams] = [new sdk.Users(client), new sdk.Teams(client)];
  const seen = {};

  seen.created = await users.create('grace', 'Grace@People.example', 'a password of Grace', 'Grace Hopper');
  seen.idInUse = await refusal(() => users.create('grace', 'other@people.example', 'a long password'));
  seen.emailInUse = await refusal(() => users.create('other', 'grace@people.example', 'a long password'));
  seen.shortPassword = (await refusal(() => users.create('other', 'other@people.example', 'short'))).code;
  await users.create('alan', 'alan@people.example', 'a password of Alan', 'Alan');
  seen.found = ids((await users.list('hopper')).users);
  seen.listed = ids((await users.list(undefined, 100)).users).filter((id) => ['grace', 'alan'].includes(id));
  seen.got = (await users.get('grace')).email;
  seen.renamed = (await users.updateName('grace', 'Admiral Hopper')).name;
  seen.newEmail = (await users.updateEmail('grace', 'admiral@people.example')).email;
  seen.newPassword = (await users.updatePassword('grace', 'another password')).$id;
  seen.verified = (await users.updateVerification('grace', true)).emailVerification;
  seen.blocked = (await users.updateStatus('grace', false)).status;
  seen.unblocked = (await users.updateStatus('grace', true)).status;
  seen.prefsSet = await users.updatePrefs('grace', { theme: 'dark', size: 12 });
  seen.prefs = await users.getPrefs('grace');
  seen.sessions = (await users.getSessions('grace')).sum;
  seen.logs = Array.isArray((await users.getLogs('grace')).logs);
  seen.noSuchSession = await refusal(() => users.deleteSession('grace', 'no-such-session'));
  seen.sessionsDeleted = await users.deleteSessions('grace');

  seen.team = await teams.create('navy', 'Navy');
  const membership = await teams.createMembership('navy', 'admiral@people.example', ['admiral'], 'http://localhost/join');
  seen.membership = membership;
  seen.secondTime = await refusal(() => teams.createMembership('navy', 'admiral@people.example', ['admiral'], 'http://localhost/join'));
  seen.stranger = (await teams.createMembership('navy', 'newcomer@people.example', [], 'http://localhost/join')).email;
  seen.members = (await teams.get('navy')).sum;
  seen.listedMembers = (await teams.getMemberships('navy')).memberships.map((row) => row.email);
  seen.oneMember = (await teams.getMembership('navy', membership.$id)).userId;
  seen.newRoles = (await teams.updateMembershipRoles('navy', membership.$id, ['captain', 'owner'])).roles;
  seen.teamRenamed = (await teams.update('navy', 'Fleet')).name;
  seen.teamFound = ids((await teams.list('fleet')).teams);
  seen.left = await teams.deleteMembership('navy', membership.$id);
  seen.membersLeft = (await teams.get('navy')).sum;
  seen.teamDeleted = await teams.delete('navy');
  seen.noTeam = await refusal(() => teams.get('navy'));

  seen.deleted = await users.delete('grace');
  seen.noUser = await refusal(() => users.get('grace'));
  seen.idStaysTaken = (await refusal(() => users.create('grace', 'third@people.example', 'a long password'))).code;
  seen.emailIsFree = (await users.create('grace-2', 'admiral@people.example', 'a long password')).$id;

  const hers = connect().setJWT(DRYDOCK_JWT);
  const [account, herTeams] = [new sdk.Account(hers), new sdk.Teams(hers)];
  seen.account = (await account.get()).$id;
  seen.accountRenamed = (await account.updateName('By JWT')).name;
  seen.accountSessions = (await account.getSessions()).sum;
  seen.herTeam = (await herTeams.create('hers', 'Hers')).sum;
  seen.herTeams = ids((await herTeams.list()).teams);
  seen.usersByJwt = await refusal(() => new sdk.Users(hers).list());
  console.log(JSON.stringify(seen));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
