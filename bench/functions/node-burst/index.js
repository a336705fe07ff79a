// 100 MB of lines as a talkative function writes them: in pieces of 64 kB, waiting whenever the reader is behind.
const line = 'The quick brown fox jumps over the lazy dog, again and again and again, until the log is full. 0123\n';
const piece = Buffer.from(line.repeat(640));
let left = 100_000_000;

function write() {
  while (left > 0) {
    const part = left < piece.length ? piece.subarray(0, left) : piece;
    left -= part.length;
    if (!process.stdout.write(part)) {
      process.stdout.once('drain', write);
      return;
    }
  }
}
write();
