import { ACRS, BY_PASSWORD } from '../accounts/proof.ts';
import type { StoredSession } from '../store/store.ts';
import type { Login } from './browser-session.ts';

/** A password that was verified at `now` in a session that is there: what was proved before it stays proved. */
export function passwordAgain({ session, payload }: StoredSession, now: number): Login {
  const { acr, amr } = payload as { readonly acr?: Login['acr']; readonly amr?: Login['amr'] };
  const isStronger = ACRS.some((one) => one === acr) && acr !== BY_PASSWORD.acr && Array.isArray(amr);
  const proof = isStronger ? { acr: acr ?? '', amr: [...new Set([...BY_PASSWORD.amr, ...(amr ?? [])])] } : BY_PASSWORD;
  return { accountId: session.accountId, ts: Math.floor(now / 1000), remember: true, ...proof };
}
