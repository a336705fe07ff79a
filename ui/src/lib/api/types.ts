// The shapes the server sends. Two families: the console's own (camelCase, milliseconds) and those of the Appwrite
// API ($id, seconds). Kept apart on purpose: the second is a contract that others share.
// Users, teams, keys and projects are in types-accounts.ts, events and schedules in types-events.ts.

export interface Project {
  id: string;
  name: string;
}

/** How every list of ours is handed on, whatever the answer calls its rows. */
export interface Page<Row> {
  sum: number;
  rows: Row[];
}

export interface Interpreter {
  family: string;
  path: string;
  version: string;
}

export interface ServerStatus {
  version: string;
  address: string;
  endpoint: string;
  backend: Backend;
  sandbox: string;
  /** Who keeps memory and processes within their limits; `nobody` where there are none. */
  limitsBy: 'cgroup' | 'watchdog' | 'nobody';
  /** Whether functions with the network `none` can run. */
  canCloseTheNetwork: boolean;
  dataDir: string;
  runningExecutions: number;
  waitingExecutions: number;
  interpreters: Interpreter[];
  /** `removedUpToMs`: of executions that ended later, none was removed; null when none ever was. */
  retention: { days: number; maxBytes: number; usedBytes: number; removedUpToMs: number | null };
  /** Bytes of the code of linked folders; each content counts once. */
  contentsBytes: number;
  /** Processes that wait for the next execution of a function, and how often one was there. */
  standby: { maxProcesses: number; processes: number; memoryBytes: number; hits: number; misses: number };
}

export type ExecutionState = 'waiting' | 'processing' | 'completed' | 'failed';

export type LimitHit = 'memory' | 'processes' | 'cpu-time' | 'file-size' | 'time';
export type Isolation = 'full' | 'no-namespaces' | 'process-group' | 'off' | 'container';

/** Null is what was not measured, or means nothing for this run. */
export interface ExecutionRecord {
  peakMemoryBytes: number | null;
  cpuUs: number | null;
  /** The limit that ended it. */
  limit: LimitHit | null;
  /** Whether a standby process took it. */
  standby: boolean | null;
  isolation: Isolation | null;
}

export interface ExecutionRow {
  id: string;
  functionId: string;
  tagId: string;
  trigger: 'http' | 'schedule' | 'event';
  status: ExecutionState;
  exitCode: number;
  /** `key:ID`, `owner`, `guest`, `user:ID`, `schedule` or `event:NAME`. */
  caller: string;
  /** The event that started it, which may be gone by now. */
  eventId: string | null;
  queuedAtMs: number;
  startedAtMs: number | null;
  endedAtMs: number | null;
  durationSecs: number;
  record: ExecutionRecord;
  /** Stays when old ones are removed. */
  pinned: boolean;
  /** Whether it is known which variables it ran with, so that a replay gets the same. */
  variablesKnown: boolean;
  /** The execution that it repeats, which may be gone by now. */
  replayOf: string | null;
  /** The execution whose call of the API made it, as far as that is known. */
  by: string | null;
  /** Of a replay: whether it runs with the variables of what it repeats, or with those of now. */
  sameVariables: boolean | null;
}

export interface ExecutionDetail extends ExecutionRow {
  data: string;
  stdoutBytes: number;
  stderrBytes: number;
  droppedBytes: number;
}

export interface HourOfRuns {
  total: number;
  failed: number;
}

/** What an execution can reach: whatever this machine can, or nothing but itself. */
export type Network = 'full' | 'none';

/** What an execution runs as. */
export type Backend = 'process' | 'docker';

/** The container engine, its images and this server's containers. */
export interface EngineStatus {
  host: string;
  /** Null where it does not answer; `problem` says why. */
  version: string | null;
  problem: string | null;
  images: { runtime: string; image: string; isPresent: boolean; pulling: string | null }[];
  containers: { name: string; image: string; state: string }[];
  /** What functions in containers call; `endpointClosed` says why they cannot. */
  endpoint: string;
  endpointClosed: string | null;
}

export interface FunctionRow {
  id: string;
  name: string;
  runtime: string;
  runtimeName: string;
  runtimeVersion: string;
  network: Network;
  /** Null is what the server is set to. */
  backend: Backend | null;
  activeTag: { id: string; createdAtMs: number } | null;
  lastExecution: ExecutionRow | null;
  /** 24 hours, oldest first. */
  lastDay: HourOfRuns[];
}

export type StreamName = 'stdout' | 'stderr';

export interface LogFrame {
  stream: StreamName;
  atMs: number;
  text: string;
}

export interface LogPage {
  frames: LogFrame[];
  next: number;
  more: boolean;
  droppedBytes: number;
}

export type Change = 'created' | 'updated' | 'deleted';

export type StreamEvent =
  | { type: 'hello' }
  | { type: 'resync' }
  | { type: 'function'; functionId: string; change: Change }
  | { type: 'tag'; functionId: string; tagId: string; change: Change }
  /** Anything about the folder that a function is linked to, or that it is linked at all. */
  | { type: 'link'; functionId: string }
  | { type: 'execution'; execution: ExecutionRow }
  | { type: 'log'; executionId: string }
  /** There are others, or what one has started is in another state; four times a second at most. */
  | { type: 'events' }
  | { type: 'user' | 'team' | 'key' | 'platform'; id: string; change: Change }
  | { type: 'membership'; id: string; teamId: string; change: Change }
  | { type: 'webhook'; id: string; change: Change }
  /** One of them was made, tried, or is over. */
  | { type: 'delivery'; webhookId: string }
  /** The one type that is told whatever project is followed. */
  | { type: 'project'; id: string; change: Change };

export interface AppwriteFunction {
  $id: string;
  name: string;
  execute: string[];
  runtime: string;
  /** The active tag, empty when there is none. */
  tag: string;
  vars: Record<string, string>;
  events: string[];
  schedule: string;
  /** Seconds; 0 for none. */
  scheduleNext: number;
  schedulePrevious: number;
  timeout: number;
  dateCreated: number;
  dateUpdated: number;
}

/** A function with what the Appwrite API has no word for. */
export interface WholeFunction extends AppwriteFunction {
  network: Network;
  backend: Backend | null;
}

/** What PUT takes. It resets what it is not given, so every field is required here. */
export type FunctionSettings = Pick<AppwriteFunction, 'name' | 'execute' | 'vars' | 'events' | 'schedule' | 'timeout'>;

export interface Tag {
  $id: string;
  functionId: string;
  dateCreated: number;
  command: string;
  size: number;
}

export interface Runtime {
  $id: string;
  name: string;
  version: string;
}

/** A variable of one execution; null where the value is not kept. */
export interface GivenVariable {
  name: string;
  value: string | null;
}

export interface GivenVariables {
  /** The function's own as they were when it started; null where that is not known, or not yet. */
  own: GivenVariable[] | null;
  /** The contract's. */
  contract: GivenVariable[];
}
