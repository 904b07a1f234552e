import { expect } from '@jest/globals';
import { type Browser, createBrowser, type Page } from '../support/browser.ts';
import type { ProductProcess } from '../support/product-process.ts';
import type { RelyingParty, Tokens } from '../support/relying-party.ts';

/** Somebody who is signed in at every app, and a thief who keeps what their browser held then. */
export interface Person {
  readonly browser: Browser;
  readonly thief: Browser;
  readonly signIns: readonly SignIn[];
}

export interface SignIn {
  readonly app: RelyingParty;
  readonly tokens: Tokens;
}

type Product = Pick<ProductProcess<string>, 'apps' | 'store' | 'issuer'>;

export async function signInAtAll(product: Product, username: string): Promise<Person> {
  const browser = createBrowser();
  const signIns: SignIn[] = [];
  for (const app of Object.values(product.apps)) signIns.push({ app, tokens: await app.signIn(browser, { username }) });
  const thief = createBrowser();
  for (const cookie of browser.cookies()) thief.setCookie(cookie);
  return { browser, thief, signIns };
}

/** Asks for the end of all of it, as the first app; answers the first answer. Rejects when nobody answered. */
export function signOff({ browser, signIns: [first] }: Person): Promise<Page> {
  if (first === undefined) throw new Error('signed in nowhere');
  const { app, tokens } = first;
  const hinted = { id_token_hint: tokens.idToken, post_logout_redirect_uri: app.postLogoutRedirectUri };
  return browser.get(app.endSessionUrl(hinted), { follow: false });
}

export async function expectTold(people: readonly Person[], withinMs?: number): Promise<void> {
  const signIns = people.flatMap((person) => person.signIns);
  for (const app of new Set(signIns.map((one) => one.app))) {
    await app.waitForSids(
      signIns.filter((one) => one.app === app).map((one) => one.tokens.claims.sid),
      withinMs,
    );
    expect(app.bad).toEqual([]);
  }
}

/** Neither the cookie nor a refresh token nor the store knows of it any more. */
export async function expectDead(person: Person, { store }: Pick<Product, 'store'>): Promise<void> {
  for (const { app, tokens } of person.signIns) {
    const asked = app.authorizationUrl({ prompt: 'none' });
    const page = await person.thief.get(asked, { stopAt: app.redirectUri });
    const refreshed = await refresh(app, tokens);
    const row = await store.sessions.participation(tokens.claims.sid);
    expect({
      silently: new URL(page.location ?? '').searchParams.get('error'),
      refreshed: refreshed.json['error'],
      ended: row?.endedAt !== undefined,
    }).toEqual({ silently: 'login_required', refreshed: 'invalid_grant', ended: true });
  }
}

/** Signed in as if nothing had been: with the same `sid` at every app, and with tokens that work. */
export async function expectAlive(person: Person): Promise<void> {
  for (const { app, tokens } of person.signIns) {
    const asked = app.authorizationUrl({ prompt: 'none' });
    const page = await person.thief.get(asked, { stopAt: app.redirectUri });
    expect((await app.finish(page.location ?? '')).claims.sid).toBe(tokens.claims.sid);
    expect((await refresh(app, tokens)).status).toBe(200);
  }
}

/** Fails when half of it ended, or when something ended of which not every app would be told. */
export async function stateOf(person: Person, { store }: Pick<Product, 'store'>): Promise<'alive' | 'ended'> {
  const sids = person.signIns.map((one) => one.tokens.claims.sid);
  const rows = await Promise.all(sids.map((sid) => store.sessions.participation(sid)));
  const logoutIds = new Set(rows.map((row) => row?.logoutId));
  expect(rows.map((row) => row?.sid)).toEqual(sids);
  expect(logoutIds.size).toBe(1);
  const [logoutId] = logoutIds;
  const view = await store.sessions.get(rows[0]?.sessionUid ?? '');
  expect(view?.session.state).toBe(logoutId === undefined ? 'live' : 'ended');
  if (logoutId === undefined) return 'alive';
  const deliveries = await store.deliveries.list({ logoutId }, { limit: 100 });
  expect(deliveries.map((one) => one.sid).sort()).toEqual(sids.toSorted());
  return 'ended';
}

function refresh(app: RelyingParty, { refreshToken }: Tokens) {
  return app.token({ grant_type: 'refresh_token', refresh_token: refreshToken ?? 'there is none' });
}
