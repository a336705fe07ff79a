// A folder that was dropped on the window, on its way to the field that asks for one.
class GivenFolder {
  path = $state.raw<string | null>(null);

  /** For the field that shows it: it is nobody else's then. */
  take(): string | null {
    const { path } = this;
    this.path = null;
    return path;
  }
}

export const givenFolder = new GivenFolder();
