/**
 * Invariant 9: nothing secret is stored readable or logged. A run through everything that handles secrets, then the
 * database (every file of it, or a dump of every collection) and the log are searched for each secret it used.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MongoClient } from 'mongodb';
import { codeOf, keyOn, recoveryCodesOn } from '../support/authenticator-app.ts';
import { type Browser, createBrowser, type Page } from '../support/browser.ts';
import { linkTo } from '../support/mails.ts';
import { anOperator } from '../support/operators.ts';
import { startWorld, type World } from '../support/product.ts';
import { PASSWORD } from '../support/relying-party.ts';

/** Shorter ones are no secrets, and would be found by chance. */
const SECRET_CHARS_MIN = 12;

let world: World<'wiki' | 'polls'>;
/** What was secret, and where it came up. */
const secrets = new Map<string, string>();

beforeAll(async () => {
  world = await startWorld({
    apps: { wiki: { file: { rotate_refresh_tokens: true } }, polls: { file: { party: 'third' } } },
    settings: { SIGNOFF_LOG_LEVEL: 'debug' },
  });
  await run();
});
afterAll(() => world.stop());

describe('after a run that used passwords, factors, cookies, codes, tokens, hints, parked requests, links and receipts', () => {
  it('used enough of each for the search to mean something', () => {
    const kinds = new Set(secrets.values());
    for (const kind of [
      'password',
      'code',
      'state',
      'nonce',
      'access token',
      'refresh token',
      'id token',
      'receipt',
      'link',
      'personal token',
      'authenticator key',
      'recovery code',
      'passkey challenge',
      'ticket',
    ]) {
      expect(kinds).toContain(kind);
    }
    expect([...kinds].filter((kind) => kind.startsWith('cookie')).length).toBeGreaterThanOrEqual(4);
    expect(secrets.size).toBeGreaterThan(30);
  });

  it('none of them is in the store', async () => {
    const stored = await everythingStored();
    expect(stored).toContain('wiki');
    expect(found(stored)).toEqual([]);
  });

  it('none of them is in the log, at its most talkative', () => {
    const logged = JSON.stringify(world.logged);
    expect(logged).toContain('delivery.attempted');
    expect(found(logged)).toEqual([]);
  });
});

/** The end of a long one is enough: a database may have cut it in two. */
function found(text: string): string[] {
  return [...secrets]
    .filter(([secret]) => text.includes(secret.slice(-32)))
    .map(([secret, kind]) => `${kind}: ${secret}`);
}

// ---------------------------------------------------------------- the run

async function run(): Promise<void> {
  const { wiki, polls } = world.apps;
  for (const app of [wiki, polls]) keep('client secret', app.secret);
  keep('password', PASSWORD);
  const browser = createBrowser();
  const one = await signIn(browser, 'wiki', { scope: 'openid profile offline_access' });
  await signIn(browser, 'polls', { scope: 'openid email' });
  const rotated = await wiki.token({ grant_type: 'refresh_token', refresh_token: one.refreshToken ?? '' });
  keepTokens(rotated.json);
  await push();
  await leaveHalfWay(createBrowser());
  await browser.post(`${world.issuer}/session/end`, { id_token_hint: one.idToken }, { crossSite: true, follow: false });
  const state = keep('state', 'a-state-that-nobody-else-knows');
  polls.behaviour = 'hang';
  const hint = { id_token_hint: one.idToken, post_logout_redirect_uri: wiki.postLogoutRedirectUri, state };
  const receipt = await browser.get(wiki.endSessionUrl(hint));
  keepCookies(browser);
  keep('receipt', new URL(receipt.url).pathname.split('/').at(-1) ?? '');
  await wiki.waitForTokens(1);
  for (const { raw } of wiki.received) keep('logout token', raw);
  await throughMails();
  await throughFactors();
  await atOperatorsPages();
}

/** A device that was never seen, a forgotten password, a new one: what links in mails hold is as good as a password. */
async function throughMails(): Promise<void> {
  const { wiki } = world.apps;
  await wiki.signIn(createBrowser('a phone'));
  keep('link', tokenIn(await linkTo(world, 'alice@example.test', 'not-me')));
  const browser = createBrowser();
  await browser.submit(await browser.get(`${world.issuer}/forgot`), { username: 'alice' });
  const link = await linkTo(world, 'alice@example.test', 'reset');
  keep('link', tokenIn(link));
  const page = await browser.get(link);
  keepForm(page);
  const password = keep('password', 'nobody reads this in the store');
  await browser.submit(page, { password });
  await wiki.signIn(browser, { password });
  const form = await browser.get(`${world.issuer}/account/password`);
  await browser.submit(form, { current: password, password: keep('password', 'nor that one, anywhere at all') });
  for (const path of ['/activity', '/account/apps', '/account']) keepForm(await browser.get(`${world.issuer}${path}`));
  keepCookies(browser);
}

/** A token that is shown once, and a password that an operator types for somebody. */
async function atOperatorsPages(): Promise<void> {
  const owner = await anOperator(world, 'owner');
  const made = await owner.send(await owner.at('/tokens'), '/tokens', { name: 'job', 'scopes:signoff.read': 'yes' });
  keep('personal token', /signoff_pat_[\w-]+/u.exec(made.body)?.[0] ?? '');
  const page = await owner.at(`/people/${await world.accountId('bob')}/password`);
  keepForm(page);
  const password = keep('password', 'typed by an operator for somebody else');
  expect((await owner.send(page, '/password', { new_password: password })).status).toBe(200);
  keepCookies(owner.browser);
}

/** Adding an authenticator app, a passkey that is not made, codes at sign-in and step-up; then "that wasn't me", to the end. */
async function throughFactors(): Promise<void> {
  const browser = createBrowser('a laptop');
  await world.apps.wiki.signIn(browser, { username: 'bob' });
  const offer = await browser.submit(await factors(browser), {}, { action: '/totp' });
  const key = keyOn(offer);
  keep('authenticator key', key.replaceAll(' ', ''));
  keepForm(offer);
  const shown = await browser.submit(offer, { code: codeOf(key), name: 'Phone' }, { action: '/totp' });
  const codes = recoveryCodesOn(shown);
  for (const code of codes) {
    keep('recovery code', code);
    keep('recovery code', code.replaceAll('-', ''));
  }
  const asked = await browser.submit(await factors(browser), {}, { action: '/passkey' });
  keepForm(asked);
  keep('passkey challenge', /&quot;challenge&quot;:&quot;([\w-]+)&quot;/u.exec(asked.body)?.[1] ?? '');

  const other = createBrowser('a tablet');
  const page = await other.get(world.apps.wiki.authorizationUrl());
  const step = await other.submit(page, { username: 'bob', password: PASSWORD });
  keepForm(step);
  await other.submit(step, { code: 'nnnn-nnnn-nnnn-nnnn' });
  await other.submit(step, { code: codes[0] ?? '' }, { stopAt: world.apps.wiki.redirectUri });
  for (const one of [browser, other]) keepCookies(one);

  const link = await linkTo(world, 'bob@example.test', 'not-me');
  keep('link', tokenIn(link));
  const reader = createBrowser();
  await reader.submit(await reader.get(link));
  const reset = await linkTo(world, 'bob@example.test', 'reset');
  keep('link', tokenIn(reset));
  const last = createBrowser();
  await last.submit(await last.get(reset), { password: keep('password', 'one that is chosen at the very end') });
}

const factors = (browser: Browser) => browser.get(`${world.issuer}/account/factors`);

function tokenIn(link: string): string {
  return new URL(link).pathname.split('/').at(-1) ?? '';
}

/** As an app's own sign-in, but every secret on the way is written down. */
async function signIn(browser: Browser, name: 'wiki' | 'polls', parameters: Record<string, string>) {
  const app = world.apps[name];
  const url = app.authorizationUrl(parameters);
  for (const kind of ['state', 'nonce']) keep(kind, new URL(url).searchParams.get(kind) ?? '');
  let page = await browser.get(url, { stopAt: app.redirectUri });
  while (!page.location?.startsWith(app.redirectUri)) {
    keepForm(page);
    keepCookies(browser);
    const fields = page.body.includes('name="password"')
      ? { username: 'alice', password: PASSWORD }
      : { decision: 'allow' };
    page = await browser.submit(page, fields, { stopAt: app.redirectUri });
  }
  keep('code', new URL(page.location).searchParams.get('code') ?? '');
  keepCookies(browser);
  const tokens = await app.finish(page.location);
  keepTokens({ access_token: tokens.accessToken, refresh_token: tokens.refreshToken, id_token: tokens.idToken });
  return tokens;
}

/** A pushed request: its parameters are stored until they are used. */
async function push(): Promise<void> {
  const { wiki } = world.apps;
  const url = new URL(wiki.authorizationUrl({ login_hint: keep('login hint', 'somebody@private.example') }));
  const answer = await fetch(`${world.issuer}/request`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`wiki:${wiki.secret}`).toString('base64')}` },
    body: url.searchParams,
  });
  const { request_uri: uri } = (await answer.json()) as { request_uri: string };
  keep('request uri', uri.split(':').at(-1) ?? '');
  await createBrowser().get(`${world.issuer}/auth?${new URLSearchParams({ client_id: 'wiki', request_uri: uri })}`);
}

/** A sign-in page that nobody answers, then a wrong password: what waits in the store meanwhile is secret too. */
async function leaveHalfWay(browser: Browser): Promise<void> {
  const page = await browser.get(world.apps.wiki.authorizationUrl());
  keepForm(page);
  await browser.submit(page, { username: 'alice', password: keep('password', 'a wrong one, typed in a hurry') });
  keepCookies(browser);
}

function keep(kind: string, secret: string): string {
  if (secret.length >= SECRET_CHARS_MIN) secrets.set(secret, kind);
  return secret;
}

function keepCookies(browser: Browser): void {
  for (const { name, value } of browser.cookies()) if (!name.endsWith('.sig')) keep(`cookie ${name}`, value);
}

function keepForm({ forms }: Page): void {
  for (const { fields } of forms) {
    keep('csrf', fields['csrf'] ?? '');
    keep('ticket', fields['ticket'] ?? '');
  }
}

function keepTokens(json: Record<string, unknown>): void {
  const kinds = { access_token: 'access token', refresh_token: 'refresh token', id_token: 'id token' };
  for (const [name, kind] of Object.entries(kinds)) keep(kind, String(json[name] ?? ''));
}

// ---------------------------------------------------------------- what is stored

async function everythingStored(): Promise<string> {
  const { store } = world.config;
  return store.kind === 'mongodb' ? dump(store.url) : files(join(world.folder, 'data'));
}

/** The database file and what lies beside it (the write-ahead log holds the newest pages); the key file is no part of it. */
function files(folder: string): string {
  const names = readdirSync(folder).filter((name) => name.startsWith('signoff.db'));
  return names.map((name) => readFileSync(join(folder, name), 'latin1')).join('\n');
}

async function dump(url: string): Promise<string> {
  const client = await MongoClient.connect(url);
  try {
    const collections = await client.db().collections();
    const documents = await Promise.all(collections.map((one) => one.find().toArray()));
    return JSON.stringify(documents);
  } finally {
    await client.close();
  }
}
