import { createHash, randomBytes } from 'node:crypto';
import { type Browser, type Page, send } from '../support/browser.ts';
import type { World } from '../support/product.ts';
import { PASSWORD, type RelyingParty } from '../support/relying-party.ts';
import { FORM } from './scene.ts';

/** An authorization code flow by hand: each step can be looked at, and done wrong. */
export interface Flow {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  /** The redirect to the app, or the page where it ended. */
  readonly page: Page;
  /** Parameters of the redirect; empty where there was none. */
  readonly answer: URLSearchParams;
}

/** Changes to the parameters; undefined leaves one out. */
export type Changes = Readonly<Record<string, string | undefined>>;

export async function authorize(
  world: World<string>,
  app: RelyingParty,
  browser: Browser,
  changes: Changes = {},
  username = 'alice',
): Promise<Flow> {
  const verifier = randomBytes(32).toString('base64url');
  const [state, nonce] = [randomBytes(9).toString('base64url'), randomBytes(9).toString('base64url')];
  const usual = {
    client_id: app.clientId,
    redirect_uri: app.redirectUri,
    response_type: 'code',
    scope: 'openid',
    state,
    nonce,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  };
  const query = new URLSearchParams(present({ ...usual, ...changes }));
  let page = await browser.get(`${world.issuer}/auth?${query}`, { stopAt: app.origin });
  for (let step = 0; step < 4 && page.location === undefined && page.forms.length > 0; step++) {
    const fields = await answers(page, username);
    if (fields === undefined) break;
    page = await browser.submit(page, fields, { stopAt: app.origin });
  }
  const answer = new URLSearchParams(page.location === undefined ? '' : new URL(page.location).search);
  return { state, nonce, verifier, page, answer };
}

/** What a person fills in; undefined for a page that has nothing to fill in. */
async function answers({ forms: [form] }: Page, username: string): Promise<Record<string, string> | undefined> {
  if (form !== undefined && 'password' in form.fields) return { username, password: PASSWORD };
  if (form?.choices['decision']?.includes('allow')) return { decision: 'allow' };
  if (form?.choices['decision']?.includes('continue')) return { decision: 'continue' };
  return undefined;
}

/** Exchanges the code as the app would, but for the changes. */
export function exchange(app: RelyingParty, flow: Flow, changes: Changes = {}) {
  const usual = {
    grant_type: 'authorization_code',
    code: flow.answer.get('code') ?? '',
    redirect_uri: app.redirectUri,
    code_verifier: flow.verifier,
  };
  return app.token(present({ ...usual, ...changes }));
}

/** What userinfo says to a Bearer header. */
export async function userinfo(
  world: World<string>,
  accessToken: unknown,
  way: 'GET' | 'POST' | 'POST body' = 'GET',
): Promise<{ status: number; json: Record<string, unknown> }> {
  const inBody = way === 'POST body';
  const headers: Record<string, string> = inBody ? { ...FORM } : { authorization: `Bearer ${accessToken}` };
  const body = inBody ? new URLSearchParams({ access_token: String(accessToken) }).toString() : undefined;
  const answer = await send(way === 'GET' ? 'GET' : 'POST', new URL(`${world.issuer}/me`), headers, body);
  return { status: answer.status, json: answer.body ? (JSON.parse(answer.body) as Record<string, unknown>) : {} };
}

function present(fields: Changes): Record<string, string> {
  const entries = Object.entries(fields).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return Object.fromEntries(entries);
}
