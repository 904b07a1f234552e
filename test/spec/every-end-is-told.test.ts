/** Back-Channel Logout 1.0 §2.7, and our own promise: whatever ends a session, its apps are told, and tokens die as said. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Reason } from '../../src/logout/logout.ts';
import { openProduct, type Product } from '../../src/wire.ts';
import { type Browser, createBrowser } from '../support/browser.ts';
import { backToNow, DAY, HOUR, letPass, SECOND } from '../support/moving-time.ts';
import { addAccount, startWorld, type World } from '../support/product.ts';
import type { Tokens } from '../support/relying-party.ts';
import { introspect, isSignedIn, opensUserinfo, refresh, signInSilently, signOff } from './scene.ts';

const ACTOR = { kind: 'operator' } as const;

describe('whatever ends a session', () => {
  let world: World<'wiki' | 'mail' | 'roll'>;
  /** Another process on the same store, as commands are. */
  let operator: Product;
  let browser: Browser;
  let username: string;
  let accountId: string;
  let signIns: { readonly wiki: Tokens; readonly mail: Tokens };
  let people = 0;

  beforeAll(async () => {
    world = await startWorld({ apps: { wiki: {}, mail: {}, roll: { file: { rotate_refresh_tokens: true } } } });
    const { clock, log } = world.server.foundation;
    operator = await openProduct(world.config, { clock, log }, { create: false });
  });
  afterEach(backToNow);
  afterAll(async () => {
    await operator.close();
    await world.stop();
  });

  /** Somebody nobody has met yet, at wiki and mail. */
  async function signInSomebody(): Promise<void> {
    people += 1;
    username = `person-${people}`;
    accountId = await addAccount(world.store, username);
    browser = createBrowser();
    const { wiki, mail } = world.apps;
    signIns = { wiki: await wiki.signIn(browser, { username }), mail: await mail.signIn(browser, { username }) };
  }

  const sessionUid = async () => (await world.store.sessions.participation(signIns.wiki.claims.sid))?.sessionUid ?? '';

  const TRIGGERS: Readonly<Record<string, readonly [Reason, () => Promise<unknown>]>> = {
    'the app asks': ['app', () => signOff(browser, world.apps.wiki, signIns.wiki)],
    'the person asks': [
      'user',
      async () => {
        const page = await browser.get(`${world.issuer}/session/end`);
        await browser.submit(page, { scope: 'all-here', decision: 'sign-out' });
      },
    ],
    'the person asks for everywhere': [
      'user',
      async () => {
        const page = await browser.get(`${world.issuer}/session/end`);
        await browser.submit(page, { scope: 'all-everywhere', decision: 'sign-out' });
      },
    ],
    'an operator ends the session': [
      'operator',
      async () =>
        operator.endSessions({ kind: 'session', uid: await sessionUid() }, { reason: 'operator', actor: ACTOR }),
    ],
    'an operator ends all of an account': [
      'operator',
      () => operator.endSessions({ kind: 'account', accountId }, { reason: 'operator', actor: ACTOR }),
    ],
    'it was not used for too long': [
      'idle',
      async () => {
        letPass(13 * HOUR);
        await world.server.sweep();
      },
    ],
    'it has become too old, however much it was used': [
      'expired',
      async () => {
        for (let half = 0; half < 29; half++) {
          letPass(DAY / 2 - HOUR);
          await world.store.sessions.touch(await sessionUid(), Date.now());
        }
        letPass(30 * HOUR);
        await world.store.sessions.touch(await sessionUid(), Date.now());
        await world.server.sweep();
      },
    ],
    'the password is changed': [
      'password-changed',
      async () => {
        const accountChange = { passwordHash: (await world.store.accounts.find(accountId))?.passwordHash ?? '' };
        const cause = { reason: 'password-changed', actor: ACTOR, accountChange } as const;
        await operator.endSessions({ kind: 'account', accountId }, cause);
      },
    ],
    'the account is disabled': [
      'account-disabled',
      () =>
        operator.endSessions(
          { kind: 'account', accountId },
          { reason: 'account-disabled', actor: ACTOR, accountChange: { state: 'disabled' } },
        ),
    ],
    'the account is deleted': [
      'account-deleted',
      () =>
        operator.endSessions(
          { kind: 'account', accountId },
          { reason: 'account-deleted', actor: ACTOR, accountChange: { state: 'deleted' } },
        ),
    ],
    'somebody else signs in in the same browser': [
      'other-account',
      () => world.apps.wiki.signIn(browser, { username: 'bob', parameters: { prompt: 'login' } }),
    ],
  };

  it.each(
    Object.keys(TRIGGERS),
  )('B28 every app of the session is told, with the reason on record: %s', async (name) => {
    const [reason, act] = TRIGGERS[name] ?? ['user', async () => undefined];
    await signInSomebody();
    const { wiki, mail } = world.apps;
    const before = [wiki.received.length, mail.received.length] as const;

    await act();

    await wiki.waitForTokens(before[0] + 1);
    await mail.waitForTokens(before[1] + 1);
    expect(wiki.received.slice(before[0]).map((one) => one.claims.sid)).toEqual([signIns.wiki.claims.sid]);
    expect(mail.received.slice(before[1]).map((one) => one.claims.sid)).toEqual([signIns.mail.claims.sid]);
    const [delivery] = await world.store.deliveries.list({ accountId }, { limit: 1 });
    expect((await world.store.logouts.find(delivery?.logoutId ?? ''))?.reason).toBe(reason);
    expect(await opensUserinfo(world, signIns.wiki)).toBe(false);
    expect(await refresh(world.apps.mail, signIns.mail)).toMatchObject({ json: { error: 'invalid_grant' } });
  });

  it('B28 a stolen refresh token ends its app there, and only that', async () => {
    await signInSomebody();
    const { roll, wiki } = world.apps;
    const inRoll = await signInSilently(browser, roll);
    await refresh(roll, inRoll);
    const before = [roll.received.length, wiki.received.length] as const;
    letPass(15 * SECOND);

    const reused = await refresh(roll, inRoll);

    expect(reused).toMatchObject({ status: 400, json: { error: 'invalid_grant' } });
    await roll.waitForTokens(before[0] + 1);
    expect(roll.received.at(-1)?.claims.sid).toBe(inRoll.claims.sid);
    expect(wiki.received).toHaveLength(before[1]);
    expect(await isSignedIn(browser, wiki)).toBe(true);
  });
});

describe('the removal of an app', () => {
  it('B28 is told to it, at its last address, for every session it is in; the sessions live on', async () => {
    const world = await startWorld({ apps: { wiki: {}, mail: {} } });
    const { wiki, mail } = world.apps;
    const browsers = [createBrowser(), createBrowser()];
    const sids: string[] = [];
    for (const [index, one] of browsers.entries()) {
      sids.push((await wiki.signIn(one, { username: index === 0 ? 'alice' : 'bob' })).claims.sid);
      await signInSilently(one, mail);
    }

    await world.server.endSessions({ kind: 'client', clientId: 'wiki' }, { reason: 'client-removed', actor: ACTOR });

    await wiki.waitForTokens(2);
    expect(wiki.received.map((one) => one.claims.sid).sort()).toEqual(sids.sort());
    expect(mail.received).toEqual([]);
    expect(await Promise.all(browsers.map((one) => isSignedIn(one, mail)))).toEqual([true, true]);
    await world.stop();
  });
});

describe('refresh tokens of an ended session', () => {
  let world: World<'bound' | 'offline' | 'strict'>;
  const tokens = {} as Record<'bound' | 'offline' | 'strict', Tokens>;

  beforeAll(async () => {
    world = await startWorld({
      apps: { bound: {}, offline: {}, strict: { file: { logout: { keep_offline_access: false } } } },
    });
    const browser = createBrowser();
    const offline = { scope: 'openid offline_access' };
    tokens.bound = await world.apps.bound.signIn(browser);
    tokens.offline = await world.apps.offline.signIn(browser, { parameters: offline });
    tokens.strict = await world.apps.strict.signIn(browser, { parameters: offline });
    for (const app of Object.values(world.apps)) {
      expect((await refresh(app, tokens[app.clientId as 'bound'])).status).toBe(200);
    }
    await signOff(browser, world.apps.bound, tokens.bound);
  });
  afterAll(() => world.stop());

  it('B21 those without offline_access are dead, and so are the access tokens', async () => {
    const { bound } = world.apps;

    expect(await refresh(bound, tokens.bound)).toMatchObject({ status: 400, json: { error: 'invalid_grant' } });
    expect(await introspect(world, bound, tokens.bound.refreshToken ?? '')).toEqual({ active: false });
    expect(await introspect(world, bound, tokens.bound.accessToken)).toEqual({ active: false });
  });

  it('B22 those with offline_access live on, unless the client file says otherwise', async () => {
    const { offline, strict } = world.apps;

    expect(await refresh(offline, tokens.offline)).toMatchObject({ status: 200 });
    expect(await refresh(strict, tokens.strict)).toMatchObject({ status: 400, json: { error: 'invalid_grant' } });
  });

  it('B22 the app is told all the same', async () => {
    for (const app of Object.values(world.apps)) {
      const [token] = await app.waitForTokens(1);
      expect(token?.claims.sid).toBe(tokens[app.clientId as 'bound'].claims.sid);
    }
  });
});
