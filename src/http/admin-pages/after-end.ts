import { pathTo } from './cells.ts';

/** Where an end leads: to its logout, which says who was told; to `otherwise` where there was nothing to end. */
export function afterEnd(logoutId: string | null, otherwise: string): { readonly to: string } {
  return { to: logoutId === null ? otherwise : pathTo('logouts', logoutId) };
}
