import type { Visit } from './admin-frame.ts';
import { pathTo } from './cells.ts';
import { mayOpen } from './navigation.ts';

/** Where an end leads: to its logout, which says who was told; else back, with `?done=ended`. */
export function afterEnd(
  visit: Pick<Visit, 'who'>,
  logoutId: string | null,
  backHref: string,
): { readonly to: string } {
  const logout = logoutId === null ? undefined : pathTo('logouts', logoutId);
  return { to: logout !== undefined && mayOpen(visit.who, logout) ? logout : `${backHref}?done=ended` };
}
