import { z } from 'zod';
import { permission, role } from '../roles.ts';
import { route } from './route.ts';

export const me = z.object({
  userId: z.string(),
  name: z.string(),
  email: z.string(),
  roles: z.array(role),
  permissions: z.array(permission),
  organization: z.object({ id: z.string(), name: z.string() }),
  employee: z
    .object({ id: z.string(), position: z.string(), department: z.string() })
    .nullable()
    .describe('null for people without an agent of their own'),
  mustChangePassword: z.boolean(),
  mustSetUpSecondFactor: z.boolean().describe('the organization demands a second factor, and there is none'),
});
export type Me = z.infer<typeof me>;

/** A new password: 10 to 128 characters; length is what counts (NIST SP 800-63B §3.1.1.2), and it must differ from the old one. */
export const newPassword = z.string().min(10).max(128);

export const sessionRoutes = {
  signIn: route({
    method: 'POST',
    path: '/session',
    tag: 'Session',
    summary: 'Sign in with e-mail and password; answered with second_factor_required where one is due',
    access: 'public',
    body: z.object({ email: z.email(), password: z.string().min(1).max(256) }),
    response: me,
  }),
  signOut: route({
    method: 'DELETE',
    path: '/session',
    tag: 'Session',
    summary: 'Sign out',
    access: 'signed-in',
    scope: 'own',
    beforePasswordChange: true,
    status: 204,
  }),
  me: route({
    method: 'GET',
    path: '/me',
    tag: 'Session',
    summary: 'Who is signed in',
    access: 'signed-in',
    scope: 'own',
    beforePasswordChange: true,
    response: me,
  }),
  changePassword: route({
    method: 'POST',
    path: '/me/password',
    tag: 'Session',
    summary: 'Change the own password; ends all other sessions of the person',
    access: 'signed-in',
    scope: 'own',
    beforePasswordChange: true,
    body: z.object({ currentPassword: z.string().min(1).max(256), newPassword }),
    response: me,
  }),
};
