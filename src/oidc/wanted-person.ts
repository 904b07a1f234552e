/** Whom a request is about, where it names somebody: `id_token_hint`, or a `sub` among its claims (Core §3.1.2.1, §5.5.1). */
import { decodeJwt } from 'jose';
import type { Client } from '../clients/client-file.ts';
import { subjectOf } from './subject.ts';

/** An app that names one person never gets another. The parameters are sealed since the hint was verified. */
export function isSomebodyElse(
  accountId: string,
  params: Readonly<Record<string, unknown>>,
  client: Client,
  pairwiseSalt: string,
): boolean {
  const wanted = wantedSubs(params);
  return wanted.some((sub) => sub !== subjectOf(client, accountId, pairwiseSalt));
}

/** More than one where hint and claims contradict each other: then it is nobody. */
export function wantedSubs({ id_token_hint: hint, claims }: Readonly<Record<string, unknown>>): readonly unknown[] {
  const hinted = typeof hint === 'string' ? [decodeJwt(hint).sub] : [];
  return [...hinted, ...(typeof claims === 'string' ? subsIn(claims) : [])];
}

/** The library has checked that it is JSON of the right shape. */
function subsIn(claims: string): readonly unknown[] {
  const { id_token: idToken } = JSON.parse(claims) as {
    readonly id_token?: { readonly sub?: { value?: unknown } | null };
  };
  const { value } = idToken?.sub ?? {};
  return value === undefined ? [] : [value];
}
