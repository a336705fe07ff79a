// A function of a test's own: does through node-appwrite 4.0.2 what DOES says, as a user's function would.
const sdk = require('node-appwrite');

const { ENDPOINT, KEY, DOES, TARGET, APPWRITE_FUNCTION_PROJECT_ID } = process.env;
const client = new sdk.Client().setEndpoint(ENDPOINT).setProject(APPWRITE_FUNCTION_PROJECT_ID).setKey(KEY);

const deeds = {
  user: () => new sdk.Users(client).create('unique()', `u${process.hrtime.bigint()}@example.com`, 'a long password'),
  team: () => new sdk.Teams(client).create('unique()', 'Team'),
  execute: () => new sdk.Functions(client).createExecution(TARGET, ''),
};

deeds[DOES]().catch((error) => {
  console.error(error);
  process.exit(1);
});
