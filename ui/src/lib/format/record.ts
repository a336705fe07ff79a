// What is recorded of a run beyond its end and its times, as facts to read.
import type { ExecutionRow, Isolation, LimitHit } from '$lib/api/types';
import { utc } from './clock';
import { duration } from './duration';
import { shortId } from './ids';
import { size } from './size';

export interface Fact {
  label: string;
  value: string;
  /** The whole of it, on hover. */
  title?: string;
  /** What ended the run. */
  bad?: boolean;
  mono?: boolean;
}

const LIMITS: Record<LimitHit, string> = {
  memory: 'memory',
  processes: 'processes',
  'cpu-time': 'CPU time',
  'file-size': 'file size',
  time: 'timeout',
};

const ISOLATION: Record<Isolation, string> = {
  full: 'full sandbox',
  'no-namespaces': 'sandbox without namespaces',
  'process-group': 'process group',
  off: 'off',
  container: 'container',
};

/** Only what is known: an old server, or a run that never started, says less. */
export function facts({ tagId, queuedAtMs, record }: Pick<ExecutionRow, 'tagId' | 'queuedAtMs' | 'record'>): Fact[] {
  const known: Fact[] = [];
  if (record.limit !== null) known.push({ label: 'Limit hit', value: LIMITS[record.limit], bad: true });
  if (record.peakMemoryBytes !== null) {
    known.push({ label: 'Peak memory', value: size(record.peakMemoryBytes), title: 'the largest that any one of its processes was' });
  }
  if (record.cpuUs !== null) known.push({ label: 'CPU', value: duration(record.cpuUs / 1000), title: 'user and system time of all its processes' });
  if (record.standby !== null) known.push({ label: 'Standby', value: record.standby ? 'hit' : 'miss' });
  if (record.isolation !== null) known.push({ label: 'Isolation', value: ISOLATION[record.isolation], bad: record.isolation === 'off' });
  known.push({ label: 'Tag', value: shortId(tagId), title: tagId, mono: true });
  known.push({ label: 'Queued', value: utc(queuedAtMs) });
  return known;
}
