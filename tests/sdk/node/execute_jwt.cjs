// Everybody tries to execute every function with node-appwrite 4.0.2 and setJWT; nobody may manage functions so.
// Prints {execute: {function: {person: what}}, manage: {call: what}}.
const fs = require('fs');
const sdk = require('node-appwrite');

const { DRYDOCK_ENDPOINT, DRYDOCK_PROJECT, DRYDOCK_ARCHIVE, CAST } = process.env;
const { functions: ids, people } = JSON.parse(CAST);

function connect(jwt) {
  const client = new sdk.Client().setEndpoint(DRYDOCK_ENDPOINT).setProject(DRYDOCK_PROJECT);
  return jwt ? client.setJWT(jwt) : client;
}

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
  const execute = Object.fromEntries(ids.map((id) => [id, {}]));
  for (const { name, jwt } of people) {
    const functions = new sdk.Functions(connect(jwt));
    for (const id of ids) execute[id][name] = await refusal(() => functions.createExecution(id, ''));
  }

  const { jwt } = people.find(({ name }) => name === 'dev');
  const client = connect(jwt);
  const [functions, users, account] = [new sdk.Functions(client), new sdk.Users(client), new sdk.Account(client)];
  const id = ids[0];
  const calls = {
    'functions.list': () => functions.list(),
    'functions.create': () => functions.create('by-jwt', 'By JWT', [], 'node-20.0'),
    'functions.get': () => functions.get(id),
    'functions.update': () => functions.update(id, 'Renamed', ['role:all']),
    'functions.delete': () => functions.delete(id),
    'functions.createTag': () => functions.createTag(id, 'true', fs.createReadStream(DRYDOCK_ARCHIVE)),
    'functions.listTags': () => functions.listTags(id),
    'functions.listRuntimes': () => functions.listRuntimes(),
    'users.list': () => users.list(),
    'users.create': () => users.create('by-jwt', 'by-jwt@example.com', 'a long password'),
    // What she may: her own account.
    'account.get': () => account.get(),
    'account.updatePrefs': () => account.updatePrefs({ theme: 'dark' }),
  };
  const manage = {};
  for (const [name, call] of Object.entries(calls)) manage[name] = await refusal(call);
  console.log(JSON.stringify({ execute, manage }));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
