// The activity in words: who did what to what, with the places that it leads to.
import type { ActivityKind, ActivityLine, Noted, Thing } from '$lib/api/types-activity';
import { listPlace, webhookPlace, type Place } from '$lib/routes';
import { callerOf } from './callers';
import { utc } from './clock';
import { shortId } from './ids';
import { count } from './size';

/** Plain text, or text that leads somewhere; `mono` for what a machine wrote. */
export type Piece = string | { text: string; to?: Place; mono?: boolean };

export const KIND_LABELS: Record<ActivityKind, string> = {
  executions: 'Executions',
  code: 'Code',
  functions: 'Functions',
  people: 'Users & teams',
  project: 'Keys & project',
  events: 'Events by hand',
  schedules: 'Schedules',
  webhooks: 'Webhooks',
};

/** What stands there as one text, for titles and tests. */
export function plain(pieces: readonly Piece[]): string {
  return pieces.map((piece) => (typeof piece === 'string' ? piece : piece.text)).join('');
}

export function worded(line: ActivityLine): Piece[] {
  if (line.note !== null) return notedWords(line, line.note);
  const event = line.event ?? '';
  if (line.byHand) return [who(line), ' emitted ', { text: event, mono: true }, ' by hand'];
  if (event.startsWith('functions.executions.')) return executionWords(line);
  return eventWords(line, event);
}

function userPiece({ id, name }: Thing): Piece {
  return { text: name ?? id, to: { page: 'user', userId: id } };
}

/** Who did it, as a sentence begins. The owner of the machine is who reads this. */
function who({ who: { caller, keyName, user } }: ActivityLine): Piece {
  if (user !== null) return userPiece(user);
  const parsed = callerOf(caller);
  switch (parsed.kind) {
    case 'console':
      return 'You';
    case 'guest':
      return 'A guest';
    case 'key':
      return { text: keyName === null ? `A revoked API key` : `API key ${keyName}`, to: listPlace('keys') };
    case 'user':
      return userPiece({ id: parsed.id, name: null });
    case 'event':
      return `The event ${parsed.name}`;
    case 'other':
      if (parsed.text === 'schedule') return 'The schedule';
      return parsed.text === 'drydock' ? 'Drydock' : parsed.text;
  }
}

function functionPiece({ function: fn }: ActivityLine): Piece {
  if (fn === null) return 'a function';
  return { text: fn.name ?? fn.id, to: { page: 'function', functionId: fn.id, tab: 'executions', executionId: null } };
}

function tagPiece({ function: fn, tagId }: ActivityLine): Piece {
  if (tagId === null) return 'a tag';
  const text = `tag ${shortId(tagId)}`;
  return fn === null ? text : { text, to: { page: 'function', functionId: fn.id, tab: 'code' } };
}

function executionWords(line: ActivityLine): Piece[] {
  const { execution, executionId, function: fn } = line;
  const verb =
    execution !== null && execution.replayOf !== null
      ? ' replayed '
      : line.who.caller === 'schedule' || line.who.caller.startsWith('event:')
        ? ' ran '
        : execution?.trigger === 'schedule'
          ? ' ran the schedule of '
          : ' executed ';
  if (execution === null || executionId === null || fn === null) return [who(line), verb, functionPiece(line), ', whose execution was removed'];
  return [who(line), verb, { text: fn.name ?? fn.id, to: { page: 'function', functionId: fn.id, tab: 'executions', executionId } }];
}

/** `{}` stands for what it is about. */
const OF_PEOPLE: Record<string, string> = {
  'users.create': ' created the user {}',
  'users.delete': ' deleted the user {}',
  'users.update.name': ' changed the name of {}',
  'users.update.email': ' changed the e-mail of {}',
  'users.update.password': ' changed the password of {}',
  'users.update.prefs': ' changed the preferences of {}',
  'users.sessions.delete': ' signed {} out',
};
const OF_ACCOUNTS: Record<string, string> = {
  'account.create': ' signed up',
  'account.delete': ' deleted their account',
  'account.update.name': ' changed their name',
  'account.update.email': ' changed their e-mail',
  'account.update.password': ' changed their password',
  'account.update.prefs': ' changed their preferences',
  'account.sessions.create': ' signed in',
  'account.sessions.delete': ' signed out',
};

function eventWords(line: ActivityLine, event: string): Piece[] {
  const fn = functionPiece(line);
  const user = line.user === null ? 'a user' : userPiece(line.user);
  const team: Piece = line.team === null ? 'a team' : { text: line.team.name ?? line.team.id, to: { page: 'team', teamId: line.team.id, search: '', offset: 0 } };
  const doer = who(line);
  const ofPeople = OF_PEOPLE[event];
  if (ofPeople !== undefined) {
    const [before = '', after = ''] = ofPeople.split('{}');
    return [doer, before, user, ...(after === '' ? [] : [after])];
  }
  const ofAccount = OF_ACCOUNTS[event];
  if (ofAccount !== undefined) {
    if (line.who.caller === 'owner' && event === 'account.sessions.create') return ['You', ' signed in as ', user];
    return [user, ofAccount];
  }
  switch (event) {
    case 'functions.create':
      return [doer, ' created the function ', fn];
    case 'functions.update':
      return [doer, ' changed the settings of ', fn];
    case 'functions.delete':
      return [doer, ' deleted the function ', line.function === null ? '' : (line.function.name ?? line.function.id)];
    case 'functions.tags.create':
      return [doer, ' uploaded ', tagPiece(line), ' to ', fn, line.origin === 'cli' ? ' from the command line' : ''];
    case 'functions.tags.update':
      return [doer, ' activated ', tagPiece(line), ' of ', fn];
    case 'functions.tags.delete':
      return [doer, ' deleted ', tagPiece(line), ' of ', fn];
    case 'users.update.status':
      return [doer, line.on === true ? ' unblocked ' : ' blocked ', user];
    case 'teams.create':
      return [doer, ' created the team ', team];
    case 'teams.update':
      return [doer, ' renamed the team ', team];
    case 'teams.delete':
      return [doer, ' deleted the team ', team];
    case 'teams.memberships.create':
      return [doer, line.on === true ? ' added ' : ' invited ', user, ' to the team ', team];
    case 'teams.memberships.update':
      return [doer, ' changed the roles of ', user, ' in the team ', team];
    case 'teams.memberships.update.status':
      return [user, ' joined the team ', team];
    case 'teams.memberships.delete':
      return [doer, ' removed ', user, ' from the team ', team];
    default:
      return [doer, ' did ', { text: event, mono: true }];
  }
}

function named(files: readonly string[], fileCount: number): string {
  const more = fileCount - files.length;
  return files.join(', ') + (more > 0 ? ` and ${count(more)} more` : '');
}

/** What the API calls it, as the settings do. */
const SETTINGS: Record<string, string> = {
  'email-password': 'signing in with e-mail and password',
  'magic-url': 'signing in by a magic link',
  anonymous: 'anonymous sessions',
  invites: 'team invitations',
  jwt: 'JWTs',
  phone: 'signing in by phone',
};

function notedWords(line: ActivityLine, note: Noted): Piece[] {
  const fn = functionPiece(line);
  switch (note.what) {
    case 'save-live':
      if (note.fileCount === 0) return ['The folder of ', fn, ' is live'];
      return ['A save in ', fn, ' is live: ', { text: named(note.files, note.fileCount), mono: true }];
    case 'save-broken':
      return ['A save in ', fn, ' does not parse: ', { text: note.error, mono: true }];
    case 'linked':
      return [who(line), ' linked ', fn, ' to ', { text: note.folder, mono: true }];
    case 'unlinked':
      return [who(line), ' unlinked ', fn, ' from ', { text: note.folder, mono: true }];
    case 'folder-lost':
      return ['The folder of ', fn, ' is missing; its last code stays live: ', { text: note.folder, mono: true }];
    case 'folder-unreadable':
      return ['The folder of ', fn, ` cannot be read: ${note.why}`];
    case 'folder-back':
      return ['The folder of ', fn, ' is back: ', { text: note.folder, mono: true }];
    case 'network-set':
      return note.network === 'none' ? [who(line), ' cut ', fn, ' off from the network'] : [who(line), ' let ', fn, ' reach the network'];
    case 'backend-set':
      if (note.backend === null) return [who(line), ' let ', fn, ' run as the server is set to'];
      return [who(line), ' had ', fn, note.backend === 'docker' ? ' run in containers' : ' run as a process of this machine'];
    case 'key-created':
      return [who(line), ' made the API key ', { text: note.name, to: listPlace('keys') }];
    case 'key-changed':
      return [who(line), ' changed the API key ', { text: note.name, to: listPlace('keys') }];
    case 'key-revoked':
      return [who(line), ` revoked the API key ${note.name}`];
    case 'platform-created':
      return [who(line), ' registered the platform ', { text: note.name, to: { page: 'settings' } }];
    case 'platform-changed':
      return [who(line), ' changed the platform ', { text: note.name, to: { page: 'settings' } }];
    case 'platform-removed':
      return [who(line), ` removed the platform ${note.name}`];
    case 'project-changed': {
      if (note.setting === 'name') return [who(line), ' renamed ', { text: 'the project', to: { page: 'settings' } }];
      if (note.setting === 'auth-limit') return [who(line), ' changed ', { text: 'how many users there may be', to: { page: 'settings' } }];
      const what = SETTINGS[note.setting] ?? `the service ${note.setting}`;
      return [who(line), ' turned ', { text: what, to: { page: 'settings' } }, note.on === true ? ' on' : ' off'];
    }
    case 'webhook-created':
      return [who(line), ' made the webhook ', { text: note.name, to: webhookPlace(note.webhookId) }];
    case 'webhook-changed':
      return [who(line), ' changed the webhook ', { text: note.name, to: webhookPlace(note.webhookId) }];
    case 'webhook-removed':
      return [who(line), ` removed the webhook ${note.name}`];
    case 'delivery-given-up':
      return [
        'The webhook ',
        { text: note.name, to: { ...webhookPlace(note.webhookId), deliveryId: note.deliveryId } },
        ' was not told of ',
        { text: note.event, mono: true },
        `: ${note.error}`,
      ];
    case 'schedule-skipped':
      return ['The schedule of ', fn, ` left out its run of ${utc(note.dueMs).slice(0, 16)} UTC, an hour or more too late`];
  }
}
