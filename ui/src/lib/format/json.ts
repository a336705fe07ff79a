// Where a text stops being JSON, and what would have to stand there. The browsers' own parsers say it each in another
// way, and some do not say where. Pure; used only to explain, never to read.

export interface JsonProblem {
  /** Units from the start, for a cursor. */
  at: number;
  line: number;
  column: number;
  message: string;
}

/** Nobody types anything nested deeper; a walk of more would be a recursion without a bound. */
const DEEPEST = 500;

/** Null for JSON. */
export function jsonProblem(text: string): JsonProblem | null {
  try {
    JSON.parse(text);
    return null;
  } catch (error) {
    const walk = new Walk(text);
    try {
      walk.whole();
    } catch (stop) {
      if (stop instanceof Stop) return placed(text, stop.at, stop.message);
      throw stop;
    }
    // We took for JSON what the browser does not: it has the last word.
    return placed(text, text.length, error instanceof Error ? error.message : String(error));
  }
}

/** Whether somebody means it to be JSON: plain text is as good, and is left alone. */
export function isMeantAsJson(text: string): boolean {
  return /^\s*[[{]/.test(text);
}

/** Indented by two; null for what is no JSON. */
export function formatted(text: string): string | null {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return null;
  }
}

function placed(text: string, at: number, message: string): JsonProblem {
  const before = text.slice(0, at).split(/\r\n|\n|\r/);
  return { at, line: before.length, column: (before.at(-1) ?? '').length + 1, message };
}

class Stop extends Error {
  constructor(
    readonly at: number,
    message: string,
  ) {
    super(message);
  }
}

class Walk {
  #at = 0;

  constructor(readonly text: string) {}

  whole(): void {
    this.#value(0);
    this.#space();
    if (this.#at < this.text.length) this.#stop(`${this.#here()} after the end of the JSON`);
  }

  #value(depth: number): void {
    this.#space();
    const first = this.text[this.#at];
    if (depth > DEEPEST) this.#stop(`nested deeper than ${DEEPEST} levels`);
    if (first === '{') this.#members(depth);
    else if (first === '[') this.#items(depth);
    else if (first === '"') this.#string();
    else if (first === '-' || (first !== undefined && first >= '0' && first <= '9')) this.#number();
    else if (first === "'") this.#stop('texts stand in double quotes');
    else {
      const word = /^(?:true|false|null)\b/.exec(this.text.slice(this.#at, this.#at + 6))?.[0];
      if (word === undefined) this.#stop(`a value is missing before ${this.#here()}`);
      else this.#at += word.length;
    }
  }

  #members(depth: number): void {
    this.#at += 1;
    this.#space();
    if (this.#eat('}')) return;
    for (;;) {
      this.#space();
      if (this.text[this.#at] !== '"') {
        this.#stop(this.text[this.#at] === '}' ? 'a comma too many before }' : `a name in double quotes is missing before ${this.#here()}`);
      }
      this.#string();
      this.#space();
      if (!this.#eat(':')) this.#stop(`a colon is missing before ${this.#here()}`);
      this.#value(depth + 1);
      this.#space();
      if (this.#eat('}')) return;
      if (!this.#eat(',')) this.#stop(`a comma or } is missing before ${this.#here()}`);
    }
  }

  #items(depth: number): void {
    this.#at += 1;
    this.#space();
    if (this.#eat(']')) return;
    for (;;) {
      this.#space();
      if (this.text[this.#at] === ']') this.#stop('a comma too many before ]');
      this.#value(depth + 1);
      this.#space();
      if (this.#eat(']')) return;
      if (!this.#eat(',')) this.#stop(`a comma or ] is missing before ${this.#here()}`);
    }
  }

  #string(): void {
    const start = this.#at;
    this.#at += 1;
    for (;;) {
      const unit = this.text[this.#at];
      if (unit === undefined) {
        this.#at = start;
        this.#stop('this text has no closing quote');
      } else if (unit === '"') {
        this.#at += 1;
        return;
      } else if (unit === '\\') {
        const escape = /^\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/.exec(this.text.slice(this.#at, this.#at + 6))?.[0];
        if (escape === undefined) this.#stop('a backslash stands before " \\ / b f n r t or u with four digits');
        else this.#at += escape.length;
      } else if (unit < ' ') {
        this.#stop(unit === '\n' || unit === '\r' ? 'a text ends on its line: a line break in it is \\n' : 'a control character in a text is written as \\u00…');
      } else this.#at += 1;
    }
  }

  #number(): void {
    const number = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/.exec(this.text.slice(this.#at))?.[0];
    if (number === undefined) this.#stop('a number has a digit after its minus');
    this.#at += number?.length ?? 0;
    const next = this.text[this.#at];
    if (next !== undefined && /[\w.+-]/.test(next)) this.#stop(`${this.#here()} does not belong to a number`);
  }

  #space(): void {
    while (this.#at < this.text.length && ' \t\n\r'.includes(this.text[this.#at] ?? '')) this.#at += 1;
  }

  #eat(unit: string): boolean {
    if (this.text[this.#at] !== unit) return false;
    this.#at += 1;
    return true;
  }

  #here(): string {
    const point = this.text.codePointAt(this.#at);
    return point === undefined ? 'the end' : point === 10 || point === 13 ? 'the end of the line' : String.fromCodePoint(point);
  }

  #stop(message: string): never {
    throw new Stop(this.#at, message);
  }
}
