// Server-sent events out of the body of an answer: bytes to messages. Knows no connection.
import { createParser } from 'eventsource-parser';

/** Hands over the data of each event until the body ends. Comments, which keep the connection alive, are nobody's news. */
export async function readEvents(body: ReadableStream<Uint8Array>, message: (data: string) => void): Promise<void> {
  const parser = createParser({ onEvent: ({ data }) => message(data) });
  // A chunk may end inside a character; the decoder keeps its first bytes for the next one.
  const decoder = new TextDecoder();
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    parser.feed(decoder.decode(value, { stream: true }));
  }
}
