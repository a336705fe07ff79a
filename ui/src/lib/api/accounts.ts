// Users and teams of a project, by the Appwrite API, as the project's owner.
import { call } from './http';
import { query } from './query';
import type { Page } from './types';
import type { Team, User, UserLog, UserSession } from './types-accounts';

const at = (...parts: string[]) => `/v1/${parts.map(encodeURIComponent).join('/')}`;

interface ListParams {
  search?: string;
  limit?: number;
  offset?: number;
}

/** Newest first. */
export async function users(project: string, params: ListParams): Promise<Page<User>> {
  const { sum, users: rows } = await call<{ sum: number; users: User[] }>(at('users') + query({ ...params, orderType: 'DESC' }), { project });
  return { sum, rows };
}

export function user(project: string, id: string): Promise<User> {
  return call(at('users', id), { project });
}

export function createUser(project: string, made: { userId: string; email: string; password: string; name: string }): Promise<User> {
  return call(at('users'), { method: 'POST', project, json: made });
}

export function setUserName(project: string, id: string, name: string): Promise<User> {
  return call(at('users', id, 'name'), { method: 'PATCH', project, json: { name } });
}

export function setUserEmail(project: string, id: string, email: string): Promise<User> {
  return call(at('users', id, 'email'), { method: 'PATCH', project, json: { email } });
}

export function setUserPassword(project: string, id: string, password: string): Promise<User> {
  return call(at('users', id, 'password'), { method: 'PATCH', project, json: { password } });
}

export function setUserVerification(project: string, id: string, emailVerification: boolean): Promise<User> {
  return call(at('users', id, 'verification'), { method: 'PATCH', project, json: { emailVerification } });
}

/** Answers the preferences, not the user. */
export function setUserPrefs(project: string, id: string, prefs: User['prefs']): Promise<User['prefs']> {
  return call(at('users', id, 'prefs'), { method: 'PATCH', project, json: { prefs } });
}

/** False blocks. */
export function setUserStatus(project: string, id: string, status: boolean): Promise<User> {
  return call(at('users', id, 'status'), { method: 'PATCH', project, json: { status } });
}

export function deleteUser(project: string, id: string): Promise<void> {
  return call(at('users', id), { method: 'DELETE', project });
}

export async function userSessions(project: string, id: string): Promise<UserSession[]> {
  return (await call<{ sessions: UserSession[] }>(at('users', id, 'sessions'), { project })).sessions;
}

export function deleteUserSession(project: string, id: string, sessionId: string): Promise<void> {
  return call(at('users', id, 'sessions', sessionId), { method: 'DELETE', project });
}

export function deleteUserSessions(project: string, id: string): Promise<void> {
  return call(at('users', id, 'sessions'), { method: 'DELETE', project });
}

/** What the user did last; more than a screen of it is nobody's question here. */
export async function userLogs(project: string, id: string): Promise<UserLog[]> {
  return (await call<{ logs: UserLog[] }>(at('users', id, 'logs') + query({ limit: 25 }), { project })).logs;
}

/** Newest first. */
export async function teams(project: string, params: ListParams): Promise<Page<Team>> {
  const { sum, teams: rows } = await call<{ sum: number; teams: Team[] }>(at('teams') + query({ ...params, orderType: 'DESC' }), { project });
  return { sum, rows };
}

export function team(project: string, id: string): Promise<Team> {
  return call(at('teams', id), { project });
}

export function createTeam(project: string, made: { teamId: string; name: string }): Promise<Team> {
  return call(at('teams'), { method: 'POST', project, json: made });
}

export function renameTeam(project: string, id: string, name: string): Promise<Team> {
  return call(at('teams', id), { method: 'PUT', project, json: { name } });
}

export function deleteTeam(project: string, id: string): Promise<void> {
  return call(at('teams', id), { method: 'DELETE', project });
}

/** Confirmed at once, since the owner adds them. The API wants the address of an invitation all the same. */
export function addMember(project: string, teamId: string, member: { email: string; name: string; roles: string[]; url: string }): Promise<unknown> {
  return call(at('teams', teamId, 'memberships'), { method: 'POST', project, json: member });
}

export function setMemberRoles(project: string, teamId: string, membershipId: string, roles: string[]): Promise<unknown> {
  return call(at('teams', teamId, 'memberships', membershipId), { method: 'PATCH', project, json: { roles } });
}

export function removeMember(project: string, teamId: string, membershipId: string): Promise<void> {
  return call(at('teams', teamId, 'memberships', membershipId), { method: 'DELETE', project });
}
