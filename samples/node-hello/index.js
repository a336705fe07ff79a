// A function is a program: it reads its environment, prints, and ends with an exit code.
const env = process.env;

// The data may be JSON with a name in it, or just a name, or nothing.
function nameIn(data) {
  if (data === '') return 'world';
  try {
    const name = JSON.parse(data)?.name;
    return typeof name === 'string' ? name : 'world';
  } catch {
    return data;
  }
}

console.log(`Hello, ${nameIn(env.APPWRITE_FUNCTION_DATA ?? '')}!`);
console.log(
  `Tag ${env.APPWRITE_FUNCTION_TAG} ran on Node.js ${process.versions.node}; declared is ` +
    `${env.APPWRITE_FUNCTION_RUNTIME_NAME} ${env.APPWRITE_FUNCTION_RUNTIME_VERSION}.`,
);
