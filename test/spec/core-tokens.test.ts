/** OpenID Connect Core 1.0 §2, §8, §11, §12, §15.1: whose tokens they are, and for how long. */
import { createHash, randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type Browser, createBrowser } from '../support/browser.ts';
import { backToNow, letPass, SECOND } from '../support/moving-time.ts';
import { addAccount, startWorld, type World } from '../support/product.ts';
import type { RelyingParty, Tokens } from '../support/relying-party.ts';
import { answerTo, askSilently, claimsOf, headerOf, isSignedIn, refresh, signInSilently, signOff } from './scene.ts';

const ELSEWHERE = 'http://127.0.0.77/callback';

describe('tokens and identities', () => {
  let world: World<'wiki' | 'mail' | 'notes' | 'narrow' | 'here' | 'elsewhere' | 'neighbour'>;
  let wiki: RelyingParty;
  let browser: Browser;

  beforeAll(async () => {
    const pairwise = { subject_type: 'pairwise' };
    world = await startWorld({
      apps: {
        wiki: {},
        mail: {},
        notes: { file: { party: 'third' } },
        narrow: { file: { scope: 'openid' } },
        here: { file: pairwise },
        elsewhere: { file: { ...pairwise, redirect_uris: [ELSEWHERE] } },
        neighbour: { file: { ...pairwise, redirect_uris: [ELSEWHERE] } },
      },
    });
    wiki = world.apps.wiki;
  });
  afterEach(backToNow);
  afterAll(() => world.stop());

  it('C11 pages of an interaction cannot be framed, and their forms cannot be sent from elsewhere', async () => {
    browser = createBrowser();
    const signIn = await browser.get(world.apps.notes.authorizationUrl());
    const right = { username: 'alice', password: world.password };
    const foreign = await browser.submit(signIn, right, { crossSite: true });
    const bare = await browser.post(signIn.forms[0]?.action ?? '', right);
    const stolen = await createBrowser().submit(signIn, right);
    const consent = await browser.submit(signIn, right, { stopAt: world.apps.notes.redirectUri });
    const forced = await browser.post(consent.forms[0]?.action ?? '', { decision: 'allow' });
    await wiki.signIn(browser);
    const choice = await browser.get(wiki.authorizationUrl({ prompt: 'select_account' }));

    expect([foreign.status, bare.status, stolen.status, forced.status]).toEqual([403, 403, 403, 403]);
    for (const page of [signIn, consent, choice]) {
      expect(page.status).toBe(200);
      expect(page.headers['x-frame-options']).toBe('DENY');
      expect(page.headers['content-security-policy']).toMatch(/frame-ancestors 'none'/);
    }
  });

  it('C12 a third-party app gets offline access only when it asked for consent and the person gave it', async () => {
    const { notes } = world.apps;
    const offline = { scope: 'openid offline_access' };
    browser = createBrowser();
    await notes.signIn(browser, { username: 'bob', parameters: offline });
    const unasked = await signInSilently(browser, notes, offline);
    const page = await browser.get(notes.authorizationUrl({ ...offline, prompt: 'consent' }));
    expect(page.forms[0]?.choices['decision']).toEqual(expect.arrayContaining(['allow', 'deny']));
    const back = await browser.submit(page, { decision: 'allow' }, { stopAt: notes.redirectUri });
    const allowed = await notes.finish(back.location ?? '');

    await signOutHere();

    expect((await refresh(notes, allowed)).status).toBe(200);
    expect((await refresh(notes, unasked)).json['error']).toBe('invalid_grant');
  });

  it('C12 an app whose file does not list offline_access never gets it', async () => {
    const { narrow } = world.apps;
    browser = createBrowser();
    await wiki.signIn(browser);

    const answer = await askSilently(browser, narrow, { scope: 'openid offline_access' });
    const tokens = answer.has('code') ? await narrow.finish(`${narrow.redirectUri}?${answer}`) : undefined;

    if (tokens === undefined) expect(answer.get('error')).toBe('invalid_scope');
    else {
      await signOutHere();
      expect((await refresh(narrow, tokens)).status).toBe(400);
    }
  });

  it('C13 a refreshed ID token: same iss, sub, aud, sid, original auth_time, no nonce', async () => {
    browser = createBrowser();
    const tokens = await wiki.signIn(browser, { parameters: { max_age: '9999' } });
    letPass(100 * SECOND);

    const { json } = await refresh(wiki, tokens);

    const { iss, sub, aud, sid, auth_time: authTime, iat } = tokens.claims;
    const again = claimsOf(json['id_token']);
    expect(again).toMatchObject({ iss, sub, aud, sid, auth_time: authTime });
    expect(again).not.toHaveProperty('nonce');
    expect(again.iat).toBeGreaterThanOrEqual((iat ?? 0) + 100);
  });

  it('C14 sub is ASCII, at most 255, and never given to anybody else', async () => {
    await addAccount(world.store, 'carol');
    const first = await wiki.signIn(createBrowser(), { username: 'carol' });
    const target = { kind: 'account', accountId: await world.accountId('carol') } as const;
    await world.server.endSessions(target, {
      reason: 'account-deleted',
      actor: { kind: 'operator' },
      accountChange: { state: 'deleted' },
    });
    await addAccount(world.store, 'carol');

    const second = await wiki.signIn(createBrowser(), { username: 'carol' });

    expect(first.claims.sub).toMatch(/^[\x21-\x7e]{1,255}$/);
    expect(second.claims.sub).not.toBe(first.claims.sub);
  });

  it('C15 a pairwise sub is stable in its sector, different in another, and no way back to the account', async () => {
    const { here, elsewhere, neighbour } = world.apps;
    const one = await here.signIn(createBrowser());
    const again = await here.signIn(createBrowser());
    const bob = await here.signIn(createBrowser(), { username: 'bob' });
    const open = await wiki.signIn(createBrowser());
    const there = [await subElsewhere(elsewhere), await subElsewhere(neighbour)];

    expect(again.claims.sub).toBe(one.claims.sub);
    expect(there[0]).toBe(there[1]);
    expect(new Set([there[0], ...[one, open, bob].map(({ claims }) => claims.sub)]).size).toBe(4);
    const id = await world.accountId('alice');
    const guesses = [id, `127.0.0.1${id}`, `${id}127.0.0.1`, `127.0.0.1|${id}`].flatMap((text) =>
      (['hex', 'base64url'] as const).map((form) => createHash('sha256').update(text).digest(form)),
    );
    expect([id, ...guesses]).not.toContain(one.claims.sub);
  });

  it('C16 parameters that every provider must take are no error; ID tokens are RS256', async () => {
    browser = createBrowser();
    const { claims } = await wiki.signIn(browser);

    const tokens = await signInSilently(browser, wiki, {
      display: 'popup',
      ui_locales: 'de tlh',
      claims_locales: 'fr',
      max_age: '9999',
      acr_values: 'urn:mace:incommon:iap:silver 1',
      login_hint: 'bob@example.test',
      claims: JSON.stringify({ id_token: { auth_time: { essential: true }, acr: undefined } }),
      nobody_knows_this: 'x',
    });

    expect(tokens.claims.sub).toBe(claims.sub);
    expect(tokens.claims['auth_time']).toEqual(expect.any(Number));
    expect(headerOf(tokens.idToken).alg).toBe('RS256');
  });

  it('C17 a sid is one of a kind for each session and app, cannot be guessed, and is printable', async () => {
    const browsers = [createBrowser(), createBrowser()];
    const signIns: Tokens[] = [];
    for (const one of browsers) {
      for (const app of [wiki, world.apps.mail]) signIns.push(await app.signIn(one));
    }
    const sids = signIns.map(({ claims }) => claims.sid);

    expect(new Set(sids).size).toBe(4);
    for (const sid of sids) expect(sid).toMatch(/^[\w-]{22,}$/);
    const [first] = browsers;
    const again = first && (await signInSilently(first, wiki));
    expect(again?.claims.sid).toBe(sids[0]);
  });

  it('C17 the sid of a new session is new, and an ended one never comes back', async () => {
    browser = createBrowser();
    const before = await wiki.signIn(browser);
    await signOff(browser, wiki, before);

    const after = await wiki.signIn(browser);

    expect(after.claims.sid).not.toBe(before.claims.sid);
    await signOff(browser, wiki, before);
    expect(await isSignedIn(browser, wiki)).toBe(true);
  });

  async function signOutHere(): Promise<void> {
    const page = await browser.get(`${world.issuer}/session/end`);
    await browser.submit(page, { scope: 'all-here', decision: 'sign-out' });
    expect(await isSignedIn(browser, wiki)).toBe(false);
  }

  /** Signs in at the app that lives on another host, and exchanges the code by hand. */
  async function subElsewhere(app: RelyingParty): Promise<string | undefined> {
    const verifier = randomBytes(32).toString('base64url');
    const url = app.authorizationUrl({
      redirect_uri: ELSEWHERE,
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    });
    const somewhere = createBrowser();
    const form = await somewhere.get(url);
    const right = { username: 'alice', password: world.password };
    const page = await somewhere.submit(form, right, { stopAt: ELSEWHERE });
    const { json } = await app.token({
      grant_type: 'authorization_code',
      code: answerTo({ ...app, redirectUri: ELSEWHERE }, page).get('code') ?? '',
      redirect_uri: ELSEWHERE,
      code_verifier: verifier,
    });
    return claimsOf(json['id_token']).sub;
  }
});
