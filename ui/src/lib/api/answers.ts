// What each route answers, by the types that the client of it uses. Held against a real server by
// tests/console/contract: every field that is sent must be in its type, every field of a type must be sent. A route of the
// console's own API that is not here fails that test; of the Appwrite API it has what this client asks for.
import type { ActivityPage } from './types-activity';
import type { AppwriteProject, CreatedKey, Key, Member, Platform, SignedIn, Team, User, UserLog, UserSession } from './types-accounts';
import type { Inspected, Link, TagChanges, TagRow } from './types-code';
import type { EventDetail, EventRow, ScheduleMeaning } from './types-events';
import type { AppwriteFunction, EngineStatus, ExecutionDetail, ExecutionRow, FunctionRow, GivenVariables, LogPage, Project, Runtime, ServerStatus, StreamEvent, Tag } from './types';
import type { Payloads, Welcome } from './types-payloads';
import type { Usage } from './types-usage';
import type { Delivery, DeliveryDetail, Webhook, WebhookSecrets } from './types-webhooks';

export interface Answers {
  'GET /console/api/session': { projects: Project[] };
  'GET /console/api/status': ServerStatus;
  'GET /console/api/engine': EngineStatus;
  'GET /console/api/schedules/next': ScheduleMeaning;
  'GET /console/api/events/sample': { payload: unknown };
  'POST /console/api/folders/inspect': Inspected;
  'GET /console/api/projects/{projectId}/functions': { sum: number; functions: FunctionRow[] };
  'GET /console/api/projects/{projectId}/functions/{functionId}': FunctionRow;
  'GET /console/api/projects/{projectId}/functions/{functionId}/executions': { sum: number; executions: ExecutionRow[] };
  'GET /console/api/projects/{projectId}/functions/{functionId}/link': { link: Link | null };
  'GET /console/api/projects/{projectId}/functions/{functionId}/tags': { sum: number; tags: TagRow[] };
  'GET /console/api/projects/{projectId}/functions/{functionId}/tags/{tagId}/changes': TagChanges;
  'GET /console/api/projects/{projectId}/functions/{functionId}/payloads': Payloads;
  'GET /console/api/projects/{projectId}/welcome': Welcome;
  'GET /console/api/projects/{projectId}/links': { links: Link[] };
  'GET /console/api/projects/{projectId}/executions/{executionId}': ExecutionDetail;
  'GET /console/api/projects/{projectId}/executions/{executionId}/log': LogPage;
  'GET /console/api/projects/{projectId}/executions/{executionId}/variables': GivenVariables;
  'GET /console/api/projects/{projectId}/events': { sum: number; events: EventRow[] };
  'GET /console/api/projects/{projectId}/events/{eventId}': EventDetail;
  'GET /console/api/projects/{projectId}/activity': ActivityPage;
  'GET /console/api/projects/{projectId}/webhooks': { webhooks: Webhook[] };
  'GET /console/api/projects/{projectId}/webhooks/{webhookId}/secrets': WebhookSecrets;
  'GET /console/api/projects/{projectId}/webhooks/{webhookId}/deliveries': { sum: number; deliveries: Delivery[] };
  'GET /console/api/projects/{projectId}/webhooks/{webhookId}/deliveries/{deliveryId}': DeliveryDetail;
  'GET /console/api/projects/{projectId}/keys': { keys: Key[] };
  'GET /console/api/projects/{projectId}/keys/{keyId}/secret': { secret: string };
  'POST /console/api/projects/{projectId}/users/{userId}/sessions': SignedIn;
  'GET /console/api/projects/{projectId}/teams/{teamId}/memberships': { sum: number; memberships: Member[] };

  'GET /v1/functions/{functionId}': AppwriteFunction;
  'GET /v1/functions/{functionId}/usage': Usage;
  'GET /v1/functions/{functionId}/tags/{tagId}': Tag;
  'GET /v1/functions/runtimes': { sum: number; runtimes: Runtime[] };
  'GET /v1/users': { sum: number; users: User[] };
  'GET /v1/users/{userId}': User;
  'GET /v1/users/{userId}/sessions': { sessions: UserSession[] };
  'GET /v1/users/{userId}/logs': { logs: UserLog[] };
  'GET /v1/teams': { sum: number; teams: Team[] };
  'GET /v1/projects/{projectId}': AppwriteProject;
  'GET /v1/projects/{projectId}/platforms': { platforms: Platform[] };
  'POST /v1/projects/{projectId}/keys': CreatedKey;
}

/** What the stream of a project sends, one by one. */
export type Streamed = StreamEvent;
