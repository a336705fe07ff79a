// What happens in a project, newest first.
import { call } from './http';
import { query } from './query';
import type { ActivityKind, ActivityPage } from './types-activity';

export function activity(project: string, params: { kind: ActivityKind | null; after?: string | null; limit: number }): Promise<ActivityPage> {
  return call(`/console/api/projects/${encodeURIComponent(project)}/activity${query(params)}`);
}
