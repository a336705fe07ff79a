// What the server says of itself, as facts to read.
import type { ServerStatus } from '$lib/api/types';
import { count, plural, size } from './size';

export interface ServerFact {
  label: string;
  value: string;
}

/** What there is to know beside its address. */
export function serverFacts(status: ServerStatus): ServerFact[] {
  const { version, backend, sandbox, limitsBy, dataDir, retention, contentsBytes, standby } = status;
  const limits = limitsBy === 'nobody' ? 'no limits' : `limits by ${limitsBy}`;
  return [
    { label: 'Version', value: version },
    { label: 'Backend', value: `${backend}, sandbox ${sandbox}, ${limits}` },
    { label: 'Data folder', value: dataDir },
    {
      label: 'Executions kept',
      value: `${plural(retention.days, 'day')}, ${size(retention.maxBytes)} at most; ${size(retention.usedBytes)} used`,
    },
    { label: 'Linked code', value: `${size(contentsBytes)}, each file once however many tags have it` },
    { label: 'Standby', value: standbyWords(standby) },
  ];
}

function standbyWords({ maxProcesses, processes, memoryBytes, hits, misses }: ServerStatus['standby']): string {
  if (maxProcesses === 0) return 'off (standby.max_processes is 0)';
  const asked = hits + misses;
  const helped = asked === 0 ? 'none was needed yet' : `there for ${count(hits)} of ${plural(asked, 'execution')}`;
  return `${count(processes)} of at most ${plural(maxProcesses, 'process', 'processes')}, ${size(memoryBytes)}; ${helped}`;
}
