// What of a folder is no code: history, caches, what an editor leaves, the file of variables, and what ignore files name.
// The patterns are read by the package `ignore`: the rules of .gitignore have more corners (`**`, `!`, anchors, spaces at
// the end) than anybody gets right by hand, and a rule that is read otherwise than Git reads it leaves code out unseen.
import ignore, { type Ignore } from 'ignore';

// The names are the same as those of linked folders, so that a folder is the same code whichever way it comes.
/** Wherever they are. */
const NAMES = new Map([
  ['.git', 'history'],
  ['.hg', 'history'],
  ['__pycache__', 'a cache'],
  ['.DS_Store', 'written by a file manager'],
  ['Thumbs.db', 'written by a file manager'],
]);
/** Swap, lock and backup files of Vim (which also writes `4913`), Emacs, Kate, GNOME's and JetBrains' editors. */
const EDITOR = /^(\..*\.(sw[pox]|swpx|kate-swp)|4913|\.#.*|#.*#|.+~|\.goutputstream-.*|___jb_(tmp|old)___)$/;
/** A function needs what is in these, and .gitignore names them since they can be installed again. */
const DEPENDENCIES = new Set(['node_modules', 'vendor', '.venv', 'venv']);

type IgnoreFile = '.gitignore' | '.drydockignore';

interface Layer {
  file: IgnoreFile;
  /** The folder that the file lies in, with a slash at its end; empty at the top. */
  folder: string;
  patterns: Ignore;
}

/** The rules in force in one folder: the fixed ones, and the ignore files from the top down to it. */
export class Rules {
  readonly #layers: readonly Layer[];

  constructor(layers: readonly Layer[] = []) {
    this.#layers = layers;
  }

  /** With one more ignore file, which lies in that folder. */
  with(file: IgnoreFile, folder: string, text: string): Rules {
    return new Rules([...this.#layers, { file, folder, patterns: ignore({ ignorecase: false }).add(text) }]);
  }

  /** Why it is left out; null when it is not. What lies in a folder that is left out need not be asked for. */
  leavesOut(path: string, isFolder: boolean): string | null {
    const parts = path.split('/');
    const name = parts.at(-1) ?? '';
    const fixed = NAMES.get(name);
    if (fixed !== undefined) return fixed;
    if (path === '.env' && !isFolder) return 'its values belong under Settings, as variables';
    if (EDITOR.test(name)) return 'written by an editor';
    const byDrydock = this.#says('.drydockignore', path, isFolder);
    if (byDrydock !== null) return byDrydock ? '.drydockignore' : null;
    const folders = isFolder ? parts : parts.slice(0, -1);
    const isKept = (part: string, at: number) => DEPENDENCIES.has(part) || this.#says('.drydockignore', folders.slice(0, at + 1).join('/'), true) === false;
    if (folders.some(isKept)) return null;
    return this.#says('.gitignore', path, isFolder) === true ? '.gitignore' : null;
  }

  /** What files of that name say: left out, expressly not, or nothing. The deepest that says something is right. */
  #says(file: IgnoreFile, path: string, isFolder: boolean): boolean | null {
    let verdict: boolean | null = null;
    for (const layer of this.#layers) {
      if (layer.file !== file) continue;
      const within = path.slice(layer.folder.length) + (isFolder ? '/' : '');
      const { ignored, unignored } = layer.patterns.test(within);
      if (ignored) verdict = true;
      else if (unignored) verdict = false;
    }
    return verdict;
  }
}
