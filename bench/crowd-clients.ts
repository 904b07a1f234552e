/** Apps that are nothing but a registration, and a person who signs in at all of them. */
import type { Agent } from 'node:http';
import type { SigningAlg } from '../src/deliveries/delivery.ts';
import { PASSWORD } from '../test/support/relying-party.ts';
import { createLightBrowser, type LightBrowser } from './light-browser.ts';

const SECRET = 'a secret that is long enough for everybody';

/** The registration of one, as the stock library takes it. */
export interface CrowdClient {
  readonly client_id: string;
  readonly redirect_uris: readonly [string];
  readonly [field: string]: unknown;
}

export function crowdClients(addresses: readonly string[], alg: SigningAlg): readonly CrowdClient[] {
  return addresses.map((backchannel_logout_uri, index) => ({
    client_id: `app${index}`,
    client_secret: SECRET,
    redirect_uris: [`https://app${index}.test/callback`],
    backchannel_logout_uri,
    backchannel_logout_session_required: true,
    id_token_signed_response_alg: alg,
  }));
}

/** The same as our client files: nobody is asked for consent. */
export function clientFiles(clients: readonly CrowdClient[]): readonly Readonly<Record<string, unknown>>[] {
  return clients.map((client) => ({ ...client, party: 'first' }));
}

/** A new browser, signed in at all of these; `hint` is an ID token of the first. */
export async function signInAtAll(
  issuer: string,
  clients: readonly CrowdClient[],
  agent: Agent,
): Promise<{ readonly browser: LightBrowser; readonly hint: string }> {
  const browser = createLightBrowser(agent);
  const [first, ...others] = clients;
  if (!first) throw new Error('no app');
  // At once: the stock library's store keeps the last thousand things, and the code would not be among them.
  const hint = await idTokenFor(issuer, first, await signInAt(browser, issuer, first));
  for (const client of others) await signInAt(browser, issuer, client);
  return { browser, hint };
}

/** Answers the code. A page that comes up is our sign-in page. */
export async function signInAt(browser: LightBrowser, issuer: string, client: CrowdClient): Promise<string> {
  let url = `${issuer}/auth?${new URLSearchParams({
    client_id: client.client_id,
    redirect_uri: client.redirect_uris[0],
    response_type: 'code',
    scope: 'openid',
    code_challenge: CHALLENGE,
    code_challenge_method: 'S256',
  })}`;
  for (let step = 0; step < 6; step += 1) {
    const answer = await browser.get(url);
    const next = answer.location ?? (await sendPassword(browser, url, answer.body));
    if (next.startsWith(client.redirect_uris[0])) return codeIn(next);
    url = next;
  }
  throw new Error(`no callback of ${client.client_id}`);
}

/** RFC 7636, appendix B. */
const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';

async function sendPassword(browser: LightBrowser, url: string, page: string): Promise<string> {
  const [, csrf = ''] = /name="csrf" value="([^"]+)"/.exec(page) ?? [];
  const { location } = await browser.post(url, { username: 'alice', password: PASSWORD, csrf });
  if (location === undefined) throw new Error(`not signed in at ${url}`);
  return location;
}

function codeIn(callback: string): string {
  const code = new URL(callback).searchParams.get('code');
  if (!code) throw new Error(`no code in ${callback}`);
  return code;
}

async function idTokenFor(issuer: string, client: CrowdClient, code: string): Promise<string> {
  const answer = await fetch(`${issuer}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${client.client_id}:${encodeURIComponent(SECRET)}`)}` },
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code,
      redirect_uri: client.redirect_uris[0],
      code_verifier: VERIFIER,
    }),
  });
  const { id_token } = (await answer.json()) as { readonly id_token?: string };
  if (!id_token) throw new Error(`no ID token: ${answer.status}`);
  return id_token;
}
