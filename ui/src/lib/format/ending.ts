// Why an execution failed, in words, where its exit code or the limit it met says so; and what to do about it.
// What the code itself said is cause.ts.
import type { ExecutionRow, LimitHit } from '$lib/api/types';

/** Where the mend is: the function's settings, its code, or the server's settings file. */
export type MendPlace = 'settings' | 'code';

export interface Ending {
  words: string;
  mend: string;
  /** A page of the function that has the mend. */
  at: MendPlace | null;
}

/** The setting of the server that holds it. */
const LIMITS: Record<Exclude<LimitHit, 'time'>, { words: string; setting: string }> = {
  memory: { words: 'It used more memory than it may', setting: 'limits.memory_bytes' },
  processes: { words: 'It started more processes than it may', setting: 'limits.processes' },
  'cpu-time': { words: 'It used more CPU time than it may', setting: 'limits.cpu_secs' },
  'file-size': { words: 'It wrote a larger file than it may', setting: 'limits.file_bytes' },
};

/** Signals that programs die of; the numbers are those of Linux. */
const SIGNALS: Record<number, string> = {
  4: 'an illegal instruction (SIGILL)',
  6: 'its own abort (SIGABRT), as after a failed assertion',
  7: 'a bad memory access (SIGBUS)',
  8: 'an arithmetic error (SIGFPE)',
  9: 'a kill from outside (SIGKILL)',
  11: 'a bad memory access (SIGSEGV)',
  13: 'a closed pipe (SIGPIPE)',
  15: 'a request to end (SIGTERM)',
};

/** Null where it ended well or goes on. */
export function ending({ status, exitCode, record }: Pick<ExecutionRow, 'status' | 'exitCode' | 'record'>): Ending | null {
  if (status !== 'failed') return null;
  if (record.limit === 'time' || exitCode === 124) {
    return { words: 'It ran longer than its timeout.', mend: 'Raise the timeout, or have it do less.', at: 'settings' };
  }
  if (record.limit !== null) {
    const { words, setting } = LIMITS[record.limit];
    return { words: `${words}.`, mend: `Raise ${setting} in the server's config.toml, or have it need less.`, at: null };
  }
  if (exitCode === 127) {
    return { words: 'What starts it is not installed, or its command is wrong.', mend: 'Install what stderr names, correct the command, or have it run in a container.', at: 'settings' };
  }
  if (exitCode === 126) return { words: 'Its command is there but cannot be run.', mend: 'stderr says why. The command belongs to the tag.', at: 'code' };
  if (exitCode === 130) return { words: 'It was cancelled.', mend: '', at: null };
  const signal = SIGNALS[exitCode - 128];
  if (signal !== undefined) return { words: `It died of ${signal}.`, mend: '', at: null };
  return { words: `It ended with exit code ${exitCode}.`, mend: '', at: null };
}
