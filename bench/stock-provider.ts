/** The baseline: oidc-provider as it comes, with its own memory store and its own back-channel fan-out. */

import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { exportJWK, generateKeyPair } from 'jose';
import Provider from 'oidc-provider';

export interface StockProvider {
  readonly issuer: string;
  /** Puts the session that was saved last into all apps, as so many sign-ins would. */
  fill(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts it for these clients; every interaction signs `alice` in, after `checkPassword`, so that only what is measured
 * takes time.
 */
export async function startStockProvider(
  port: number,
  clients: readonly Readonly<Record<string, unknown>>[],
  alg: 'RS256' | 'ES256' = 'RS256',
  checkPassword: () => Promise<unknown> = async () => undefined,
): Promise<StockProvider> {
  const issuer = `http://localhost:${port}`;
  const provider = new Provider(issuer, {
    clients: clients as never,
    jwks: { keys: [await signingKey(alg)] },
    cookies: { keys: ['bench'] },
    features: { devInteractions: { enabled: false }, backchannelLogout: { enabled: true } },
    findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    interactions: { url: (_ctx, interaction) => `/login/${interaction.uid}` },
    loadExistingGrant: grantEverything,
    fetch: fetchLoopback,
  });
  let latest = '';
  provider.on('session.saved', ({ uid }) => {
    latest = uid;
  });
  const answer = provider.callback();
  const server = createServer((request, response) => {
    if (!request.url?.startsWith('/login/')) return void answer(request, response);
    const signIn = () => provider.interactionFinished(request, response, { login: { accountId: 'alice' } });
    return void checkPassword().then(signIn);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    issuer,
    async fill() {
      const session = await provider.Session.findByUid(latest);
      for (const client of clients) session?.sidFor(String(client['client_id']), randomUUID());
      await session?.persist();
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** As the library calls it, its time limit included, but without its guard against loopback, where all our apps are. */
function fetchLoopback(url: string | URL | Request, options: RequestInit = {}): Promise<Response> {
  const { dispatcher: _guard, ...rest } = options as RequestInit & { dispatcher?: unknown };
  return fetch(url, rest);
}

async function signingKey(alg: 'RS256' | 'ES256'): Promise<Record<string, unknown>> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true, modulusLength: 2048 });
  return { ...(await exportJWK(privateKey)), alg, use: 'sig', kid: 'bench' };
}

async function grantEverything(ctx: { oidc: unknown }): Promise<never> {
  const oidc = ctx.oidc as {
    provider: Provider;
    session: { accountId: string };
    client: { clientId: string };
  };
  const grant = new oidc.provider.Grant({ accountId: oidc.session.accountId, clientId: oidc.client.clientId });
  grant.addOIDCScope('openid profile email');
  await grant.save();
  return grant as never;
}
