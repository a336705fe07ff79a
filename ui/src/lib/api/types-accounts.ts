// Who may call a project: its users, teams, keys and platforms, and the project itself. As in types.ts, what has $id is
// of the Appwrite API, in seconds; the rest is the console's own, in milliseconds.

export interface User {
  $id: string;
  name: string;
  email: string;
  registration: number;
  /** False: blocked. */
  status: boolean;
  emailVerification: boolean;
  /** 0 when there is no password. */
  passwordUpdate: number;
  prefs: Record<string, unknown>;
}

/** What of the program and system that somebody came with could be told; empty text for the rest. */
export interface Client {
  clientName: string;
  clientVersion?: string;
  osName: string;
  osVersion?: string;
}

export interface UserSession extends Client {
  $id: string;
  provider: string;
  ip: string;
  expire: number;
}

export interface UserLog extends Client {
  event: string;
  time: number;
  ip: string;
}

/** A session that the console opened in somebody's name. */
export interface SignedIn {
  sessionId: string;
  cookieName: string;
  session: string;
  jwt: string;
  jwtExpiresAtMs: number;
}

export interface Team {
  $id: string;
  name: string;
  dateCreated: number;
  /** Confirmed members. */
  sum: number;
}

export interface Member {
  id: string;
  userId: string;
  name: string;
  email: string;
  roles: string[];
  invitedAtMs: number;
  joinedAtMs: number | null;
  confirmed: boolean;
  /** The link for the invited person, until it is confirmed. */
  invitation: string | null;
}

export interface Key {
  id: string;
  name: string;
  scopes: string[];
  createdAtMs: number;
  lastUsedAtMs: number | null;
}

export interface CreatedKey {
  $id: string;
  name: string;
  scopes: string[];
  secret: string;
}

export interface Platform {
  $id: string;
  name: string;
  type: string;
  /** Package name or bundle id of a native app. */
  key: string;
  store: string;
  /** Of a web app. */
  hostname: string;
}

export interface AppwriteProject {
  $id: string;
  name: string;
  authLimit: number;
  authEmailPassword: boolean;
  authUsersAuthMagicURL: boolean;
  authAnonymous: boolean;
  authInvites: boolean;
  authJWT: boolean;
  authPhone: boolean;
  serviceStatusForAccount: boolean;
  serviceStatusForTeams: boolean;
  serviceStatusForUsers: boolean;
  serviceStatusForFunctions: boolean;
  serviceStatusForHealth: boolean;
}
