// Runtimes as people name them, and the command that usually starts one.
import type { Interpreter, Runtime } from '$lib/api/types';

/** Languages whose versions are whole numbers: `Node.js 20.0` reads `Node.js 20`. */
const WHOLE_VERSIONS = new Set(['Node.js', 'Java', '.NET']);

export function runtimeLabel(name: string, version: string): string {
  const short = WHOLE_VERSIONS.has(name) ? version.replace(/\.0$/, '') : version;
  return `${name} ${short}`;
}

/** `node-20.0` → `node`. */
export function family(runtimeId: string): string {
  const dash = runtimeId.indexOf('-');
  return dash < 0 ? runtimeId : runtimeId.slice(0, dash);
}

const COMMANDS: Record<string, string> = {
  node: 'node index.js',
  python: 'python main.py',
  php: 'php index.php',
  ruby: 'ruby main.rb',
  deno: 'deno run --allow-all index.ts',
  bun: 'bun index.ts',
  dart: 'dart main.dart',
  java: 'java -jar app.jar',
  dotnet: 'dotnet app.dll',
};

/** A first guess for the command field; the person corrects it. */
export function usualCommand(runtimeId: string): string {
  return COMMANDS[family(runtimeId)] ?? './main';
}

/** The language whose usual first file is there; null when none is. */
export function familyOfFiles(paths: readonly string[]): string | null {
  const there = new Set(paths);
  return Object.keys(COMMANDS).find((name) => there.has(COMMANDS[name]?.split(' ').at(-1) ?? '')) ?? null;
}

/** The runtime to begin with: an installed interpreter's own version, else any version of it, else the first of the list. */
export function firstRuntime(every: readonly Runtime[], interpreters: readonly Interpreter[], language: string | null): string {
  const all = language === null ? every : every.filter((one) => family(one.$id) === language);
  for (const { family: installed, version } of interpreters) {
    const [major = '', minor = ''] = version.split('.');
    const wanted = [`${installed}-${major}.${minor}`, `${installed}-${major}.0`];
    const exact = all.find((one) => wanted.includes(one.$id));
    if (exact !== undefined) return exact.$id;
  }
  const installed = new Set(interpreters.map((one) => one.family));
  return (all.findLast((one) => installed.has(family(one.$id))) ?? all[0])?.$id ?? '';
}
