import { describe, expect, test } from 'vitest';
import type { ExecutionRow } from '$lib/api/types';
import type { ActivityLine, Noted } from '$lib/api/types-activity';
import { plain, worded } from './activity';

const greeter = { id: 'greeter', name: 'Greeter' };
const ada = { id: 'ada', name: 'Ada' };
const byOwner = { caller: 'owner', keyName: null, user: null };

function line(some: Partial<ActivityLine>): ActivityLine {
  return {
    id: 'event-1',
    kind: 'functions',
    atMs: 0,
    who: byOwner,
    event: null,
    eventId: null,
    byHand: false,
    note: null,
    function: null,
    user: null,
    team: null,
    on: null,
    tagId: null,
    origin: null,
    executionId: null,
    execution: null,
    ...some,
  };
}
const words = (some: Partial<ActivityLine>) => plain(worded(line(some)));
const noted = (note: Noted) => words({ note, function: greeter });

describe('who', () => {
  const by = (who: ActivityLine['who']) => words({ event: 'functions.create', function: greeter, who });
  test.each([
    [byOwner, 'You created the function Greeter'],
    [{ caller: 'key:k', keyName: 'CI', user: null }, 'API key CI created the function Greeter'],
    [{ caller: 'key:k', keyName: null, user: null }, 'A revoked API key created the function Greeter'],
    [{ caller: 'user:ada', keyName: null, user: ada }, 'Ada created the function Greeter'],
    [{ caller: 'user:ada', keyName: null, user: { id: 'ada', name: null } }, 'ada created the function Greeter'],
    [{ caller: 'guest', keyName: null, user: null }, 'A guest created the function Greeter'],
    [{ caller: 'drydock', keyName: null, user: null }, 'Drydock created the function Greeter'],
  ])('%o', (who, expected) => {
    expect(by(who)).toBe(expected);
  });
});

describe('executions', () => {
  const ran = (caller: string, execution: Partial<ExecutionRow> = {}) =>
    line({
      event: 'functions.executions.create',
      who: { caller, keyName: null, user: null },
      function: greeter,
      executionId: 'x',
      execution: { trigger: 'http', replayOf: null, ...execution } as ExecutionRow,
    });
  test.each([
    [ran('owner'), 'You executed Greeter'],
    [ran('owner', { replayOf: 'y' }), 'You replayed Greeter'],
    [ran('owner', { trigger: 'schedule' }), 'You ran the schedule of Greeter'],
    [ran('schedule', { trigger: 'schedule' }), 'The schedule ran Greeter'],
    [ran('event:users.create', { trigger: 'event' }), 'The event users.create ran Greeter'],
  ])('%#', (of, expected) => {
    expect(plain(worded(of))).toBe(expected);
    expect(worded(of).at(-1)).toMatchObject({ to: { page: 'function', functionId: 'greeter', executionId: 'x' } });
  });

  test('one that was removed leads nowhere', () => {
    expect(words({ event: 'functions.executions.create', executionId: 'x' })).toBe('You executed a function, whose execution was removed');
  });
});

test.each([
  [{ event: 'functions.tags.create', tagId: '6744f1de20aaaaaaaaaa', function: greeter }, 'You uploaded tag 6744f1de20 to Greeter'],
  [{ event: 'functions.tags.create', tagId: 't', function: greeter, origin: 'cli' as const }, 'You uploaded tag t to Greeter from the command line'],
  [{ event: 'functions.tags.update', tagId: 't', function: greeter }, 'You activated tag t of Greeter'],
  [{ event: 'users.update.status', user: ada, on: false }, 'You blocked Ada'],
  [{ event: 'users.update.status', user: ada, on: true }, 'You unblocked Ada'],
  [{ event: 'users.sessions.delete', user: ada }, 'You signed Ada out'],
  [{ event: 'account.sessions.create', user: ada, who: { caller: 'guest', keyName: null, user: ada } }, 'Ada signed in'],
  [{ event: 'account.sessions.create', user: ada }, 'You signed in as Ada'],
  [{ event: 'teams.memberships.create', user: ada, team: { id: 'crew', name: 'Crew' }, on: true }, 'You added Ada to the team Crew'],
  [{ event: 'teams.memberships.create', user: ada, team: { id: 'crew', name: 'Crew' }, on: false }, 'You invited Ada to the team Crew'],
  [{ event: 'users.create', byHand: true }, 'You emitted users.create by hand'],
])('%o', (some: Partial<ActivityLine>, expected) => {
  expect(words(some)).toBe(expected);
});

test.each([
  [{ what: 'save-live', tagId: 't', files: ['a.js', 'b.js', 'c.js'], fileCount: 7 }, 'A save in Greeter is live: a.js, b.js, c.js and 4 more'],
  [{ what: 'save-live', tagId: 't', files: [], fileCount: 0 }, 'The folder of Greeter is live'],
  [{ what: 'save-broken', tagId: 't', error: 'a.js:3: oops' }, 'A save in Greeter does not parse: a.js:3: oops'],
  [{ what: 'linked', folder: '/code' }, 'You linked Greeter to /code'],
  [{ what: 'folder-lost', folder: '/code' }, 'The folder of Greeter is missing; its last code stays live: /code'],
  [{ what: 'network-set', network: 'none' }, 'You cut Greeter off from the network'],
  [{ what: 'backend-set', backend: 'docker' }, 'You had Greeter run in containers'],
  [{ what: 'backend-set', backend: null }, 'You let Greeter run as the server is set to'],
  [{ what: 'key-revoked', keyId: 'k', name: 'CI' }, 'You revoked the API key CI'],
  [{ what: 'project-changed', setting: 'jwt', on: false }, 'You turned JWTs off'],
  [{ what: 'project-changed', setting: 'teams', on: true }, 'You turned the service teams on'],
  [{ what: 'webhook-created', webhookId: 'w', name: 'Shop' }, 'You made the webhook Shop'],
  [
    { what: 'delivery-given-up', webhookId: 'w', name: 'Shop', deliveryId: 'd', event: 'users.create', error: 'Answered 500' },
    'The webhook Shop was not told of users.create: Answered 500',
  ],
  [{ what: 'schedule-skipped', dueMs: Date.UTC(2026, 10, 24, 6, 0) }, 'The schedule of Greeter left out its run of 2026-11-24 06:00 UTC, an hour or more too late'],
] as [Noted, string][])('%o', (note, expected) => {
  expect(noted(note)).toBe(expected);
});
