// A form over a record that others may change meanwhile. What is being typed is never overwritten.

export class Form<From, Fields> {
  fields: Fields;
  busy = $state(false);
  error = $state.raw<unknown>(null);
  /** What the fields were filled from. */
  base: From;
  #latest: From;
  #said = $state(false);
  readonly dirty: boolean = $derived.by(() => this.#text(this.fields) !== this.#text(this.#fieldsOf(this.base)));
  /** Somebody else saved while this was being edited. */
  readonly overtaken: boolean = $derived.by(() => this.dirty && this.#text(this.#fieldsOf(this.#latest)) !== this.#text(this.#fieldsOf(this.base)));
  readonly saved: boolean = $derived.by(() => this.#said && !this.dirty);
  readonly #fieldsOf: (from: From) => Fields;
  readonly #send: (fields: Fields, base: From, reached: (from: From) => void) => Promise<From>;
  readonly #text: (fields: Fields) => string;

  constructor(
    first: From,
    how: {
      fieldsOf: (from: From) => Fields;
      /** Saves; answers the record as it is then. `reached` is told after each step of several, should a later one fail. */
      send: (fields: Fields, base: From, reached: (from: From) => void) => Promise<From>;
      /** What two states of the fields are compared by, where JSON is not right. */
      text?: (fields: Fields) => string;
    },
  ) {
    this.#fieldsOf = how.fieldsOf;
    this.#send = how.send;
    this.#text = how.text ?? ((fields) => JSON.stringify(fields));
    this.base = $state.raw(first);
    this.#latest = $state.raw(first);
    this.fields = $state(how.fieldsOf(first));
  }

  /** A newer state of the record. */
  take(record: From): void {
    this.#latest = record;
    if (!this.dirty && !this.busy) this.#fill(record);
  }

  touch(): void {
    this.#said = false;
  }

  discard(): void {
    this.#said = false;
    this.error = null;
    this.#fill(this.#latest);
  }

  async save(): Promise<void> {
    this.busy = true;
    this.error = null;
    this.#said = false;
    try {
      const after = await this.#send(this.fields, this.base, (from) => {
        this.#reach(from);
      });
      this.#reach(after);
      this.#fill(after);
      this.#said = true;
    } catch (error) {
      this.error = error;
    } finally {
      this.busy = false;
    }
  }

  #reach(record: From): void {
    this.base = record;
    this.#latest = record;
  }

  #fill(from: From): void {
    this.base = from;
    this.fields = this.#fieldsOf(from);
  }
}
