// Keeps one core busy for as many milliseconds as it is told.
const end = Date.now() + Number(process.env.APPWRITE_FUNCTION_DATA);
let turns = 0;
while (Date.now() < end) turns += 1;
console.log(turns);
