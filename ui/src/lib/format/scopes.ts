// The scopes of API keys: the closed list of the API, by the service that they open.

export const SCOPE_GROUPS = [
  { service: 'Functions', scopes: ['functions.read', 'functions.write', 'execution.read', 'execution.write'] },
  { service: 'Users', scopes: ['users.read', 'users.write'] },
  { service: 'Teams', scopes: ['teams.read', 'teams.write'] },
  { service: 'Storage', scopes: ['files.read', 'files.write'] },
  {
    service: 'Database',
    scopes: [
      'collections.read',
      'collections.write',
      'attributes.read',
      'attributes.write',
      'indexes.read',
      'indexes.write',
      'documents.read',
      'documents.write',
    ],
  },
  { service: 'Other', scopes: ['locale.read', 'avatars.read', 'health.read'] },
] as const;

export const ALL_SCOPES: readonly string[] = SCOPE_GROUPS.flatMap(({ scopes }) => scopes);

/** What is picked at once: everything, nothing, and what somebody who writes functions needs. */
export const SCOPE_PRESETS: readonly { name: string; scopes: readonly string[] }[] = [
  { name: 'All', scopes: ALL_SCOPES },
  { name: 'None', scopes: [] },
  { name: 'Functions', scopes: SCOPE_GROUPS[0].scopes },
];

/** `scope` put in or taken out; in the order of the list, so that equal sets are equal lists. */
export function withScope(scopes: readonly string[], scope: string, on: boolean): string[] {
  const rest = scopes.filter((one) => one !== scope);
  const next = on ? [...rest, scope] : rest;
  // One that this console does not know stays, at the end.
  const rank = (one: string) => (ALL_SCOPES.includes(one) ? ALL_SCOPES.indexOf(one) : ALL_SCOPES.length);
  return next.sort((a, b) => rank(a) - rank(b));
}

/** For a table: `functions.*` where both reading and writing are allowed, `all` where everything is. */
export function scopesInShort(scopes: readonly string[]): string[] {
  if (ALL_SCOPES.every((scope) => scopes.includes(scope))) return ['all'];
  const short = scopes.map((scope) => {
    const thing = scope.slice(0, scope.indexOf('.'));
    return scopes.includes(`${thing}.read`) && scopes.includes(`${thing}.write`) ? `${thing}.*` : scope;
  });
  return [...new Set(short)];
}
