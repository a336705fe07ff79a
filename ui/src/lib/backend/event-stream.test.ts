import { expect, test } from 'vitest';
import { readEvents } from './event-stream';

function bodyOf(text: string, cuts: number[] = []): ReadableStream<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  const ends = [...cuts, bytes.length];
  return new ReadableStream({
    start(controller) {
      ends.forEach((end, i) => controller.enqueue(bytes.slice(ends[i - 1] ?? 0, end)));
      controller.close();
    },
  });
}

async function read(body: ReadableStream<Uint8Array>): Promise<string[]> {
  const heard: string[] = [];
  await readEvents(body, (data) => heard.push(data));
  return heard;
}

test('each event is one message; the heartbeat and what has no data are none', async () => {
  expect(await read(bodyOf('data: {"type":"hello"}\n\n:\n\n: still here\n\nretry: 500\n\nid: 1\n\ndata: b\n\n'))).toEqual(['{"type":"hello"}', 'b']);
});

test('events survive cuts anywhere, inside a character too', async () => {
  const text = 'data: größe\r\ndata: 😀\r\n\r\ndata: two\r\n\r\n';
  const { length } = new TextEncoder().encode(text);
  for (let at = 1; at < length; at += 1) expect(await read(bodyOf(text, [at]))).toEqual(['größe\n😀', 'two']);
});

test('an event that the connection cut off is not told', async () => {
  expect(await read(bodyOf('data: whole\n\ndata: {"type":"exec'))).toEqual(['whole']);
});

test('a connection that breaks is an error of the reader', async () => {
  const broken = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.error(new TypeError('network error'));
    },
  });
  await expect(read(broken)).rejects.toThrow('network error');
});
