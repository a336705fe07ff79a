// The code of a function: its tags as the console lists them, what changed between two, and the folder it is linked to.
import type { Tag } from './types';

/** What one checker says of one file. */
export interface ParseError {
  file: string;
  line: number | null;
  column: number | null;
  message: string;
}

/** What became of a tag that was made from a linked folder. */
export type TagOutcome = 'active' | 'does-not-parse' | 'failed';
export type FileChange = 'added' | 'changed' | 'removed';

export interface TagRow extends Tag {
  /** `dateCreated` is in seconds, and saves come closer than that. */
  createdAtMs: number;
  origin: 'upload' | 'cli' | 'watcher';
  /** Stays when the watcher's old tags are removed. */
  pinned: boolean;
  /** Null where nobody counted. */
  files: number | null;
  /** Null for what was uploaded: it is not checked. */
  outcome: TagOutcome | null;
  errors: ParseError[];
  notice: string | null;
  /** Executions that run its code now. */
  inUse: number;
}

export interface ChangedFile {
  path: string;
  change: FileChange;
  /** Null where there is no file: it is not there, or it is a link. */
  sizeBytes: number | null;
  fromSizeBytes: number | null;
}

/** Only what differs, and of that no more than a thousand files. */
export interface TagChanges {
  from: string;
  to: string;
  files: ChangedFile[];
  fileCount: number;
}

export type LinkState = 'starting' | 'watching' | 'polling' | 'missing' | 'unreadable' | 'paused';

/** What the last change of a linked folder became. */
export interface LastChange {
  atMs: number;
  tagId: string;
  outcome: TagOutcome;
  /** The first of them; `fileCount` is of all. */
  files: { path: string; change: FileChange }[];
  fileCount: number;
  /** From the save until the next execution runs it. */
  tookMs: number;
  notice: string | null;
  errors: ParseError[];
}

export interface Link {
  functionId: string;
  folder: string;
  command: string;
  /** Patterns, as in .gitignore, of what is no code. */
  ignore: string[];
  polling: boolean;
  state: LinkState;
  /** Why it polls, what it cannot read. */
  notice: string | null;
  files: number;
  sizeBytes: number;
  leftOut: { path: string; why: string }[];
  last: LastChange | null;
}

/** Something that was found out, and from what. */
export interface Because {
  value: string;
  why: string;
}

/** A function as a folder describes it. */
export interface FoundFunction {
  /** As it is declared; null where it is not. */
  id: string | null;
  /** A good one made from its name. */
  suggestedId: string | null;
  name: string;
  folder: string;
  runtime: Because | null;
  command: Because | null;
  /** What is missing where runtime or command is not known, and the mend. */
  unclear: string | null;
  ignore: string[];
  vars: Record<string, string>;
  execute: string[] | null;
  events: string[];
  schedule: string | null;
  timeout: number | null;
  /** Whether there is a file of variables, which is no code. */
  hasEnv: boolean;
}

export interface Inspected {
  folder: string;
  /** The appwrite.json that says what is in it. */
  declaredIn: string | null;
  functions: FoundFunction[];
  notices: string[];
}
