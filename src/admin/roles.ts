import { ROLES, type Role } from '../accounts/account.ts';
import { PROGRAM_SCOPES } from '../extra-scopes.ts';

/** What a program may be let do (`/api/v1`). */
export const API_SCOPES = PROGRAM_SCOPES;
export type ApiScope = (typeof API_SCOPES)[number];

/** The most that a token of this role can carry. What only owners do asks for the role, too. */
export const SCOPES_OF_ROLE: Readonly<Record<Role, readonly ApiScope[]>> = {
  support: ['signoff.read', 'signoff.sessions'],
  operator: API_SCOPES,
  owner: API_SCOPES,
};

export function isApiScope(text: string): text is ApiScope {
  return API_SCOPES.some((scope) => scope === text);
}

/** Whether `role` is at least `needed`. */
export function reaches(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed);
}
