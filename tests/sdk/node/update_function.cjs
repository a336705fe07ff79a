// A program that knows functions as node-appwrite 4.0.2 does changes one. Prints what it was answered.
const sdk = require('node-appwrite');

const { DRYDOCK_ENDPOINT, DRYDOCK_PROJECT, DRYDOCK_KEY, DRYDOCK_FUNCTION } = process.env;
const client = new sdk.Client().setEndpoint(DRYDOCK_ENDPOINT).setProject(DRYDOCK_PROJECT).setKey(DRYDOCK_KEY);
const functions = new sdk.Functions(client);

async function main() {
  const updated = await functions.update(DRYDOCK_FUNCTION, 'Renamed', ['role:all'], { A: '1' }, [], '', 20);
  const read = await functions.get(DRYDOCK_FUNCTION);
  console.log(JSON.stringify({ updated, read }));
}

main();
