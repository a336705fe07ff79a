// Calls the API that it runs under, with a key of its own and nothing but what Node brings: lists the functions
// of its project. Endpoint and key come as variables of the function; the project is told by the server.
const {
  APPWRITE_ENDPOINT: endpoint,
  APPWRITE_API_KEY: key,
  APPWRITE_FUNCTION_PROJECT_ID: project,
} = process.env;

// As many as the API gives at once.
const PAGE = 100;
// Well below the 15 s that a function has by default, so that the reason is told.
const TIMEOUT_MS = 5000;

async function page(offset) {
  const response = await fetch(`${endpoint}/functions?limit=${PAGE}&offset=${offset}`, {
    headers: { 'X-Appwrite-Project': project, 'X-Appwrite-Key': key },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const body = await response.json();
  if (!response.ok) throw new Error(`${response.status} ${body.message}`);
  return body;
}

async function main() {
  if (!endpoint || !key) {
    throw new Error('set the variables APPWRITE_ENDPOINT and APPWRITE_API_KEY of this function');
  }
  let seen = 0;
  for (;;) {
    const { sum, functions } = await page(seen);
    if (seen === 0) console.log(`${sum} functions in project ${project}:`);
    for (const { $id, name, runtime } of functions) console.log(`- ${name} (${$id}, ${runtime})`);
    seen += functions.length;
    if (functions.length < PAGE || seen >= sum) return;
  }
}

main().catch((error) => {
  // A refused connection has its reason one level down.
  console.error(`Cannot list the functions: ${error.cause?.message ?? error.message}`);
  process.exitCode = 1;
});
