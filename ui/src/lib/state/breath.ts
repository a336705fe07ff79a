// Long work in slices, so that the page answers in between: a frame of a busy page, and not all of one.

/** Between two looks at the clock less than this goes by in any loop that asks. */
const SLICE_MS = 8;

export class Breath {
  #since = performance.now();
  readonly #channel = new MessageChannel();

  /** Whether it is time to let the page do something else. */
  get isDue(): boolean {
    return performance.now() - this.#since > SLICE_MS;
  }

  /** A task of its own: a promise alone would go on before anything else, a timer waits in a page nobody looks at. */
  async take(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#channel.port1.onmessage = () => resolve();
      this.#channel.port2.postMessage(null);
    });
    this.#since = performance.now();
  }

  end(): void {
    this.#channel.port1.close();
  }
}
