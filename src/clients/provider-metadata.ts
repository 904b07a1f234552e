import { createHmac, randomBytes } from 'node:crypto';
import type { Client } from './client-file.ts';

/** What is ours and not the library's; it is read from our registry. */
const OURS = [
  'client_secret_hash',
  'frontchannel_logout_uri',
  'frontchannel_logout_session_required',
  'require_pkce',
  'introspection_for',
  'id_token_claims',
  'rotate_refresh_tokens',
  'party',
  'max_session',
  'trust',
  'logout',
  'client_name#en',
  'client_name#de',
  'client_uri#en',
  'client_uri#de',
  'logo_uri#en',
  'logo_uri#de',
  'policy_uri#en',
  'policy_uri#de',
  'tos_uri#en',
  'tos_uri#de',
] as const satisfies readonly (keyof Client)[];

/** New in each process, told to nobody. */
const processSecret = randomBytes(32);

/**
 * The client as oidc-provider's `Client` wants it. Where only the hash of a secret is known the library still insists on
 * a `client_secret`: it gets one that nobody can guess, so that a comparison which forgets about the hash fails closed.
 * The same client gives the same answer within a process (the library caches by content).
 */
export function toProviderMetadata(client: Client): Record<string, unknown> {
  const ours: ReadonlySet<string> = new Set(OURS);
  const theirs = Object.entries(client).filter(([name, value]) => value !== undefined && !ours.has(name));
  // A copy of its own, since the library may keep and change it. Not a structured clone: that is made of another realm's
  // objects where tests run us in one, and the library tells plain objects by their constructor.
  const metadata: Record<string, unknown> = JSON.parse(JSON.stringify(Object.fromEntries(theirs)));
  const hash = client.client_secret_hash;
  return hash === undefined ? metadata : { ...metadata, client_secret: standIn(hash) };
}

function standIn(hash: string): string {
  return createHmac('sha256', processSecret).update(hash).digest('base64url');
}
