// One clock for all relative times, so that they tick together; a fine one for what runs at this moment.

class Now {
  /** Changes each second. */
  ms = $state(Date.now());

  constructor() {
    setInterval(() => {
      if (!document.hidden) this.ms = Date.now();
    }, 1000);
    document.addEventListener('visibilitychange', () => {
      this.ms = Date.now();
    });
  }
}

export const now = new Now();
