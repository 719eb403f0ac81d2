import { type Role, type Route, type RouteName, roles, routes } from '@clawpool/contracts';

export interface AccessCase {
  name: RouteName;
  method: string;
  /** With every parameter filled in; what it names does not exist. */
  path: string;
  role: Role;
  allowed: boolean;
}

/** Every route of the contracts with every role, and whether the table lets it in; those for API keys let no role in. Sign-out comes last, as it ends the session. */
export function accessCases(): AccessCase[] {
  const names = (Object.keys(routes) as RouteName[]).filter((name) => name !== 'signOut');
  return [...names, 'signOut' as const].flatMap((name) => {
    const { method, path, access }: Route = routes[name];
    const filled = `/api/v1${path.replace(/:\w+/g, 'nothing')}`;
    return roles.map((role) => ({
      name,
      method,
      path: filled,
      role,
      allowed: access === 'public' || access === 'signed-in' || (access !== 'api-key' && access.includes(role)),
    }));
  });
}
