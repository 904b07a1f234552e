/**
 * The places where the library's own classes are changed, all of them, once per instance. `test/flows/oidc-seams.test.ts`
 * fails when an upgrade moves one.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type Provider from 'oidc-provider';
import type { Registry } from '../clients/registry.ts';
import { verifyHint } from './hint.ts';
import type { Keys } from './keys.ts';
import { currentRequest } from './request-facts.ts';
import { admitStranger, type StrangerLimits } from './stranger-limits.ts';

const HASH_PREFIX = 'sha256:';

export function changeSeams(
  provider: Provider,
  parts: { registry: Pick<Registry, 'get'>; keys: Keys; limits: StrangerLimits },
): void {
  const { registry, keys } = parts;
  const { Client } = provider;
  const client = Client.prototype;
  const find = Client.find.bind(Client);
  const compareReadable = client.compareClientSecret;

  // Stock gives a `sid` only to clients that registered for it; without one an app cannot tell sessions apart (B3).
  client.includeSid = () => true;

  // Tripwire: the built-in fan-out must never run, it tells some apps, once, before anything is durable.
  client['backchannelLogout'] = () => {
    throw new Error('the built-in back-channel logout was reached');
  };

  // What we keep with an interaction (`interaction-adapter.ts`); stock drops what it does not know.
  const { IN_PAYLOAD: known } = provider.Interaction;
  Object.defineProperty(provider.Interaction, 'IN_PAYLOAD', {
    get: () => [...known, 'deviceKey', 'pending', 'answered'],
  });

  // Before a secret is compared or a row written, and after the session was read; no hook of the library's is there.
  Client.find = async (clientId) => {
    const ctx = currentRequest();
    if (ctx && ctx.oidc.client === undefined) admitStranger(ctx, clientId, parts);
    return find(clientId);
  };

  client.compareClientSecret = function (secret) {
    const hash = registry.get(this.clientId)?.client.client_secret_hash;
    return hash === undefined ? compareReadable.call(this, secret) : matchesHash(secret, hash);
  };

  // `id_token_hint` at /auth: stock knows the published keys and the client's present algorithm only (C9, I20).
  provider.IdToken.validate = async (token, { clientId }) => {
    const hint = verifyHint(token, { keys, issuer: provider.issuer });
    if (hint.kind === 'bad') throw new Error(hint.why);
    if (hint.clientId !== clientId) throw new Error('it was issued to another client');
    return { header: hint.header, payload: hint.payload };
  };
}

/** `hash` is `sha256:` and the base64url digest of a generated secret. */
function matchesHash(secret: string, hash: string): boolean {
  const expected = Buffer.from(hash.slice(HASH_PREFIX.length), 'base64url');
  const actual = createHash('sha256').update(secret).digest();
  return expected.length === actual.length && timingSafeEqual(expected, actual);
}
