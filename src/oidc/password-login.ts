import type { Login } from './browser-session.ts';
import { PASSWORD_ACR } from './interaction-policy.ts';

/** What a password proves that was verified at `now`. */
export function passwordLogin(accountId: string, now: number): Login & { readonly amr: string[] } {
  return { accountId, ts: Math.floor(now / 1000), amr: ['pwd'], acr: PASSWORD_ACR, remember: true };
}
