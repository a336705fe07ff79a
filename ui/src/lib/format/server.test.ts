import { expect, test } from 'vitest';
import type { ServerStatus } from '$lib/api/types';
import { serverFacts } from './server';

const standby = { maxProcesses: 4, processes: 1, memoryBytes: 12_000_000, hits: 9, misses: 1 };

function facts(change: Partial<ServerStatus>): (label: string) => string | undefined {
  const status: ServerStatus = {
    version: '1.2.3',
    address: '127.0.0.1:8080',
    endpoint: 'http://127.0.0.1:8080/v1',
    backend: 'process',
    sandbox: 'full',
    limitsBy: 'watchdog',
    canCloseTheNetwork: true,
    dataDir: '/home/ada/.local/share/drydock',
    runningExecutions: 0,
    waitingExecutions: 0,
    interpreters: [],
    retention: { days: 14, maxBytes: 2_000_000_000, usedBytes: 30_000, removedUpToMs: null },
    contentsBytes: 12_345_678,
    standby,
    ...change,
  };
  return (label) => serverFacts(status).find((fact) => fact.label === label)?.value;
}

function told(change: Partial<ServerStatus['standby']>): string | undefined {
  return facts({ standby: { ...standby, ...change } })('Standby');
}

test('the backend names its sandbox and who keeps the limits', () => {
  expect(facts({})('Backend')).toBe('process, sandbox full, limits by watchdog');
  expect(facts({ sandbox: 'off', limitsBy: 'nobody' })('Backend')).toBe('process, sandbox off, no limits');
});

test('the code of linked folders is told with its size', () => {
  expect(facts({})('Linked code')).toBe('12 MB, each file once however many tags have it');
});

test('standby says how much there is and how often it helped', () => {
  expect(told({})).toBe('1 of at most 4 processes, 12 MB; there for 9 of 10 executions');
  expect(told({ hits: 0, misses: 0 })).toBe('1 of at most 4 processes, 12 MB; none was needed yet');
});

test('standby that is off says so', () => {
  expect(told({ maxProcesses: 0 })).toBe('off (standby.max_processes is 0)');
});
