// The main job as a server-side JavaScript program does it with node-appwrite 4.0.2. Prints one JSON object of
// what it saw; the Rust test that starts it judges.
const fs = require('fs');
const sdk = require('node-appwrite');

const { DRYDOCK_ENDPOINT, DRYDOCK_PROJECT, DRYDOCK_KEY, DRYDOCK_ARCHIVE } = process.env;
const client = new sdk.Client().setEndpoint(DRYDOCK_ENDPOINT).setProject(DRYDOCK_PROJECT).setKey(DRYDOCK_KEY);
const functions = new sdk.Functions(client);

const ids = (list, plural) => list[plural].map((row) => row.$id);

/** What an SDK call is refused with. */
async function refusal(call) {
  try {
    await call();
    return null;
  } catch (error) {
    return { code: error.code, message: error.message };
  }
}

async function finished(functionId, executionId) {
  const giveUpAt = Date.now() + 25_000; // Below the 30 s after which the Rust side gives up on the script.
  for (;;) {
    const execution = await functions.getExecution(functionId, executionId);
    if (['completed', 'failed'].includes(execution.status)) return execution;
    if (Date.now() > giveUpAt) throw new Error(`still ${execution.status}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function main() {
  const seen = {};
  const vars = { GREETING: 'Ahoj', NUMBER: '7' };
  const created = await functions.create('sdk-node', 'From the SDK', ['role:all'], 'node-16.0', vars, ['account.create'], '', 30);
  seen.created = created;
  seen.inUse = await refusal(() => functions.create('sdk-node', 'Again', [], 'node-16.0'));

  const tag = await functions.createTag('sdk-node', 'node index.js', fs.createReadStream(DRYDOCK_ARCHIVE));
  seen.tag = tag;
  seen.tagIsActive = (await functions.updateTag('sdk-node', tag.$id)).tag === tag.$id;
  seen.tagIsReadable = (await functions.getTag('sdk-node', tag.$id)).$id === tag.$id;
  seen.tags = (await functions.listTags('sdk-node')).sum;

  const execution = await functions.createExecution('sdk-node', 'the SDK');
  seen.answeredAs = execution.status;
  seen.finished = await finished('sdk-node', execution.$id);
  seen.executions = ids(await functions.listExecutions('sdk-node', 10), 'executions').includes(execution.$id);

  const runtimes = await functions.listRuntimes();
  seen.runtimes = runtimes.sum === runtimes.runtimes.length && ids(runtimes, 'runtimes').includes('node-16.0');

  for (const id of ['one', 'two', 'three']) await functions.create(id, `Number ${id}`, [], 'php-8.0');
  seen.found = ids(await functions.list('two'), 'functions');
  // Any word may match, so that a runtime with the same word may stand there too.
  seen.foundByRuntime = ids(await functions.list('php-8.0'), 'functions').filter((id) => id !== 'sdk-node');
  seen.firstPage = ids(await functions.list(undefined, 2, 0), 'functions');
  seen.afterCursor = ids(await functions.list(undefined, 2, 0, 'one', 'after', 'ASC'), 'functions');
  seen.beforeCursor = ids(await functions.list(undefined, 1, 0, 'three', 'before', 'ASC'), 'functions');
  seen.descending = ids(await functions.list(undefined, 100, 0, undefined, undefined, 'DESC'), 'functions');

  const updated = await functions.update('one', 'Renamed', ['user:ada'], {}, [], '@hourly', 60);
  seen.updated = [updated.name, updated.execute, updated.vars, updated.schedule, updated.timeout];

  await functions.deleteTag('sdk-node', tag.$id);
  seen.tagAfterDelete = (await functions.get('sdk-node')).tag;
  for (const id of ['one', 'two', 'three', 'sdk-node']) seen.deleted = await functions.delete(id);
  seen.left = (await functions.list()).sum;
  seen.unknown = await refusal(() => functions.get('sdk-node'));
  seen.badLimit = await refusal(() => functions.list('', 101));

  const guest = new sdk.Client().setEndpoint(DRYDOCK_ENDPOINT).setProject(DRYDOCK_PROJECT);
  seen.guest = await refusal(() => new sdk.Functions(guest).list());
  console.log(JSON.stringify(seen));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
