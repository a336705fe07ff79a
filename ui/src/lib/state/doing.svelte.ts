// Something that is done when somebody asks for it, once at a time: whether it is under way, and why it was not done.

export class Doing {
  busy = $state(false);
  /** Of the last time; what was done then has none. */
  error = $state.raw<unknown>(null);

  /** Does it, unless it is under way. */
  async run(act: () => Promise<void>): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.error = null;
    try {
      await act();
    } catch (error) {
      this.error = error;
    } finally {
      this.busy = false;
    }
  }
}
