// Answers to news that may come by the hundred in a second: at once after a quiet while, then at a steady pace.

export class Pace {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #lastMs = Number.NEGATIVE_INFINITY;

  constructor(
    readonly act: () => void,
    readonly everyMs: number,
  ) {}

  now(): void {
    this.stop();
    this.#lastMs = performance.now();
    this.act();
  }

  soon(): void {
    if (this.#timer !== undefined) return;
    const waitMs = this.#lastMs + this.everyMs - performance.now();
    if (waitMs <= 0) this.now();
    else {
      this.#timer = setTimeout(() => {
        this.now();
      }, waitMs);
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
