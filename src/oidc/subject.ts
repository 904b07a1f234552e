import { createHmac } from 'node:crypto';
import type { Client } from '../clients/client-file.ts';

type SubjectRules = Pick<Client, 'subject_type' | 'sector_identifier_uri' | 'redirect_uris'>;

/**
 * The `sub` by which a client knows an account: the account's id, or where the client is registered as pairwise a value
 * that is stable per sector and cannot be turned back (Core §8.1; C15). ID tokens, hints and logout tokens agree on it.
 */
export function subjectOf(client: SubjectRules, accountId: string, salt: string): string {
  if (client.subject_type !== 'pairwise') return accountId;
  return createHmac('sha256', salt)
    .update(`${sectorOf(client)}\n${accountId}`)
    .digest('base64url');
}

/** Core §8.1: the host of `sector_identifier_uri`, else the one host of the redirect addresses. */
function sectorOf({ sector_identifier_uri: uri, redirect_uris: [first] }: SubjectRules): string {
  return new URL(uri ?? first ?? '').host;
}
