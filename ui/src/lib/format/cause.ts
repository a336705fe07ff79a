// The line of a failed run's output that says why: the exception, in the words of its language, and where it came from.
// A guess from how Node.js, Python, PHP and Ruby write; else the last line of stderr. Pure.

export interface Cause {
  text: string;
  /** Its row in the output. */
  row: number;
  /** The nearest line of the function's own code; null where none is told. */
  place: { file: string; line: number } | null;
}

/** Rows from the end that are looked at: a stack trace is shorter, and more would be a search with every line. */
const LOOK_BACK = 400;
/** Longer ones are cut: it stands in a line or two. */
const LONGEST = 400;

/** `TypeError: x`, `Uncaught RuntimeException: x`, `KeyError`, `Error [ERR_X]: x`. */
const EXCEPTION = /^(?:Uncaught )?(?:[A-Za-z_$][\w$.:\\]*)?(?:Error|Exception|Interrupt|Exit|Fault|NotFound)(?: \[[^\]]+\])?(?::|$)/;
/** `PHP Fatal error:  x in /code/index.php:2`; without `PHP` where errors are displayed. */
const PHP = /^(?:PHP )?(?:Fatal|Parse|Recoverable fatal) error:\s+(.*?)(?: in \S+(?::\d+| on line \d+))?$/;
/** `main.rb:1:in 'fetch': key not found: :profile (KeyError)`, `main.rb:1: syntax error, …`. */
const RUBY = /^(\S+\.rb):(\d+):(?:in .*?['`’]: )?\s*(.+)$/;

/** Places as traces write them, the most telling group first: file, then line. */
const PLACES = [
  /^\s+at (?:.* )?\(?(?:file:\/\/)?(\/[^():]+):(\d+):\d+\)?/, // Node.js
  /^\s+File "([^"]+)", line (\d+)/, // Python
  /^(?:\s*from\s+)?(\/?[^\s:]+\.rb):(\d+):/, // Ruby
  /(?: in |#\d+ )(\S+\.php)(?::| on line |\()(\d+)/, // PHP
  /^(\/[^\s:]+\.[cm]?[jt]sx?):(\d+)$/, // Node.js, above the line it quotes
];

/** What is no code of the function. */
const FOREIGN = /^node:|\/node_modules\/|\/site-packages\/|\/usr\/(?:lib|share)\/|<frozen/;

export function causeOf(lines: readonly string[]): Cause | null {
  const from = Math.max(0, lines.length - LOOK_BACK);
  const found = exception(lines, from) ?? last(lines, from);
  return found === null ? null : { ...found, place: placeOf(lines, found.row, from) };
}

function exception(lines: readonly string[], from: number): { text: string; row: number } | null {
  // Python chains causes: the last of its exceptions is the one that ended it. Elsewhere the first is, and what it was
  // caused by follows, indented.
  for (let row = lines.length - 1; row >= from; row -= 1) {
    const line = lines[row] ?? '';
    const php = PHP.exec(line);
    if (php !== null) return { text: cut((php[1] ?? line).replace(/^Uncaught /, '')), row };
    const ruby = RUBY.exec(line);
    // A line of the trace that follows is indented; one of a warning is none of an end.
    if (ruby !== null && /\([A-Z]\w*(?:::\w+)*\)$|syntax error/.test(line)) return { text: cut(ruby[3] ?? line), row };
    if (EXCEPTION.test(line)) return { text: cut(line), row };
  }
  return null;
}

function last(lines: readonly string[], from: number): { text: string; row: number } | null {
  for (let row = lines.length - 1; row >= from; row -= 1) {
    const line = lines[row]?.trim() ?? '';
    // What Node.js says after whatever ended it.
    if (line === '' || /^Node\.js v\d|^\(Use `node --trace|^\(node:\d+\)/.test(line)) continue;
    return { text: cut(line), row };
  }
  return null;
}

/** Where it was thrown, nearest to the throw. */
function placeOf(lines: readonly string[], row: number, from: number): Cause['place'] {
  const here = at(lines[row] ?? '');
  if (here !== null) return here;
  // The trace of Python stands above, its last call nearest; the others' below.
  const isAbove = lines.slice(from, row).some((line) => PLACES[1]?.test(line) === true);
  const order = isAbove ? lines.slice(from, row).reverse() : lines.slice(row + 1);
  for (const line of order) {
    const place = at(line);
    if (place !== null) return place;
  }
  // Node.js quotes the line of a syntax error above it, and its trace has no code of the function.
  for (const line of lines.slice(from, row).reverse()) {
    const place = at(line);
    if (place !== null) return place;
  }
  return null;
}

function at(line: string): Cause['place'] {
  for (const pattern of PLACES) {
    const [, file, number] = pattern.exec(line) ?? [];
    if (file !== undefined && number !== undefined && !FOREIGN.test(file)) return { file, line: Number(number) };
  }
  return null;
}

function cut(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}
