// One line of the activity: who did what to what. The words are format/activity.ts.
import type { Backend, ExecutionRow, Network } from './types';

export const ACTIVITY_KINDS = ['executions', 'code', 'functions', 'people', 'project', 'events', 'schedules', 'webhooks'] as const;
export type ActivityKind = (typeof ACTIVITY_KINDS)[number];

/** `name` null for what is gone, or has none. */
export interface Thing {
  id: string;
  name: string | null;
}

/** What happened and is no event of the API. */
export type Noted =
  | { what: 'save-live'; tagId: string; files: string[]; fileCount: number }
  | { what: 'save-broken'; tagId: string; error: string }
  | { what: 'linked' | 'unlinked' | 'folder-lost' | 'folder-back'; folder: string }
  | { what: 'folder-unreadable'; folder: string; why: string }
  | { what: 'network-set'; network: Network }
  | { what: 'backend-set'; backend: Backend | null }
  | { what: 'key-created' | 'key-changed' | 'key-revoked'; keyId: string; name: string }
  | { what: 'platform-created' | 'platform-changed' | 'platform-removed'; platformId: string; name: string }
  | { what: 'project-changed'; setting: string; on: boolean | null }
  | { what: 'webhook-created' | 'webhook-changed' | 'webhook-removed'; webhookId: string; name: string }
  | { what: 'delivery-given-up'; webhookId: string; name: string; deliveryId: string; event: string; error: string }
  | { what: 'schedule-skipped'; dueMs: number };

export interface ActivityLine {
  id: string;
  kind: ActivityKind;
  atMs: number;
  /** `caller` as of executions, and `drydock`. */
  who: { caller: string; keyName: string | null; user: Thing | null };
  /** The name of the event; null where it is a note. */
  event: string | null;
  eventId: string | null;
  byHand: boolean;
  note: Noted | null;
  function: Thing | null;
  user: Thing | null;
  team: Thing | null;
  /** Of a user whether they may sign in now, of a membership whether it was accepted. */
  on: boolean | null;
  tagId: string | null;
  /** Where a tag came from that is still there. */
  origin: 'upload' | 'cli' | 'watcher' | null;
  executionId: string | null;
  /** As it stands by now; null when it was removed. */
  execution: ExecutionRow | null;
}

export interface ActivityPage {
  lines: ActivityLine[];
  /** What `after` of the next page is; null on the last one. */
  next: string | null;
}
