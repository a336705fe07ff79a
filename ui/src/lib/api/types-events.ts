// What happened in a project and what it started; and what a schedule means. The shapes of the console's own API.
import type { ExecutionState } from './types';

/** An execution that an event started. */
export interface StartedRow {
  executionId: string;
  functionId: string;
  status: ExecutionState;
  exitCode: number;
}

export interface EventRow {
  id: string;
  name: string;
  atMs: number;
  /** As of an execution: `key:ID`, `owner`, `guest`, `user:ID` and others. */
  caller: string;
  userId: string | null;
  /** The execution whose call did it, as far as that is known. */
  by: string | null;
  /** The execution that it is about, of `functions.executions.*`. */
  executionId: string | null;
  /** Whether what listens to it was started, or nothing does. */
  handled: boolean;
  /** Whether it starts nothing because too many executions led to it. */
  cut: boolean;
  /** The same for a person, with the mend; null where it is not cut. */
  cutBecause: string | null;
  started: StartedRow[];
}

export interface EventDetail extends EventRow {
  payload: unknown;
  /** False where the payload went with its execution. */
  payloadKnown: boolean;
}

/** What a text means as a schedule: either the problem or the words are there. */
export interface ScheduleMeaning {
  problem: string | null;
  words: string | null;
  /** The next minutes at which it is due. */
  next: number[];
}
