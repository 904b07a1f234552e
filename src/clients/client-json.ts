import { durationOf } from '../ops/duration.ts';
import { canBeTold } from './can-be-told.ts';
import { type Client, clientFileSchema } from './client-file.ts';

/** Every name a client file can have, but those of secrets. */
const NAMES = Object.keys(clientFileSchema.shape).filter((name) => !name.startsWith('client_secret'));

/**
 * A client as its file would say it, all defaults filled in and what is absent null; no secret, no hash of one. What
 * `tls_ca` says is a file's alone.
 */
export function clientJson(client: Client): Record<string, unknown> {
  const { client_secret, client_secret_hash, trust, max_session, logout, ...rest } = client;
  const absent = Object.fromEntries(NAMES.map((name) => [name, null]));
  return {
    ...absent,
    ...rest,
    ...(trust?.pins && { tls_pin: trust.pins }),
    max_session: max_session === undefined ? null : durationOf(max_session),
    logout: { ...logout, token_ttl: durationOf(logout.token_ttl) },
    has_secret: client_secret !== undefined || client_secret_hash !== undefined,
    can_be_told: canBeTold(client),
  };
}
