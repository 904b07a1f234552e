/** OpenID Connect Back-Channel Logout 1.0 §2.2, §2.3, §2.5, §2.8: how apps are told, and what their answers mean. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Browser, createBrowser } from '../support/browser.ts';
import { startWorld, type World } from '../support/product.ts';
import type { RelyingParty, Tokens } from '../support/relying-party.ts';
import {
  type Answer,
  changeFile,
  claimsOf,
  deliveriesTo,
  eventually,
  isSignedIn,
  type Receiver,
  signOff,
  startReceiver,
  tokensThrough,
  tokenThrough,
} from './scene.ts';

const SLOW_MS = 400;

describe('telling apps', () => {
  let world: World<'wiki' | 'mail' | 'query' | 'slow-1' | 'slow-2' | 'slow-3' | 'slow-4' | 'scripted'>;
  let browser: Browser;
  let inWiki: Tokens;
  const receivers: Receiver[] = [];

  beforeAll(async () => {
    const slow = { behaviour: 'slow', slowMs: SLOW_MS } as const;
    world = await startWorld({
      apps: {
        wiki: {},
        mail: {},
        query: {},
        'slow-1': slow,
        'slow-2': slow,
        'slow-3': slow,
        'slow-4': slow,
        scripted: {},
      },
      settings: { SIGNOFF_LOGOUT_WAIT: '1500ms' },
    });
  });
  afterAll(async () => {
    await Promise.all(receivers.map((one) => one.close()));
    await world.stop();
  });

  /** Alice in a new browser, at wiki and at these apps. */
  async function signInAt(...apps: readonly RelyingParty[]): Promise<Tokens[]> {
    browser = createBrowser();
    inWiki = await world.apps.wiki.signIn(browser);
    const signIns: Tokens[] = [];
    for (const app of apps) signIns.push(await app.signIn(browser));
    return signIns;
  }

  it('B5 the query of the logout address is kept', async () => {
    const { query } = world.apps;
    await changeFile(world, 'query', { backchannel_logout_uri: `${query.origin}/backchannel?tenant=a%20b&logout=1` });
    await signInAt(query);

    const token = await tokenThrough(query, () => signOff(browser, world.apps.wiki, inWiki));

    expect(token.query).toBe('?tenant=a%20b&logout=1');
  });

  it('B8 who takes part is remembered durably: a restart in between changes nothing', async () => {
    const { wiki, mail } = world.apps;
    const [inMail] = await signInAt(mail);
    await world.restart();

    const [own, token] = await Promise.all([
      tokenThrough(wiki, () => signOff(browser, wiki, inWiki)),
      tokenThrough(mail, async () => undefined),
    ]);

    expect(own.claims.sid).toBe(inWiki.claims.sid);
    expect(token.claims.sid).toBe(inMail?.claims.sid);
  });

  it('B9 apps are told in parallel: the last is asked before the first has answered', async () => {
    const apps = (['slow-1', 'slow-2', 'slow-3', 'slow-4'] as const).map((name) => world.apps[name]);
    await signInAt(...apps);

    const page = await signOff(browser, world.apps.wiki, inWiki);

    const arrivals = apps.map((app) => app.received.at(-1)?.at ?? Number.NaN);
    expect(page.location).toBe(world.apps.wiki.postLogoutRedirectUri);
    expect(Math.max(...arrivals) - Math.min(...arrivals)).toBeLessThan(SLOW_MS);
  });

  it('B17 by POST, as a form, with the logout_token and nothing else', async () => {
    const { mail } = world.apps;
    await signInAt(mail);

    const token = await tokenThrough(mail, () => signOff(browser, world.apps.wiki, inWiki));

    // The app serves nothing but POST there: see `receive` in relying-party.ts.
    expect(token.contentType).toBe('application/x-www-form-urlencoded');
    expect(token.parameters).toEqual(['logout_token']);
    expect(token.query).toBe('');
  });

  it.each([200, 204])('B19, B20 %i is success: one POST, told, never again', async (status) => {
    const { receiver, delivery } = await tell((response) => void response.writeHead(status).end());

    await eventually(async () => (await delivery()).state === 'told');

    expect(await delivery()).toMatchObject({
      state: 'told',
      attempts: 1,
      lastStatus: status,
      nextAttemptAt: undefined,
    });
    expect(receiver.posts).toHaveLength(1);
  });

  it('B18 told again after a failure that may pass, later and with a fresh token, and not once it is told', async () => {
    const { receiver, delivery } = await tell(
      (response) => void response.writeHead(503).end(),
      (response) => response.socket?.resetAndDestroy(),
      (response) => void response.writeHead(200).end(),
    );

    await eventually(async () => (await delivery()).state === 'told');

    const claims = receiver.posts.map((post) => claimsOf(post.token));
    expect(claims).toHaveLength(3);
    expect(new Set(claims.map(({ jti }) => jti)).size).toBe(3);
    expect(new Set(claims.map(({ sid }) => sid)).size).toBe(1);
    for (const { iat = 0, exp = 0 } of claims) expect(exp - iat).toBe(120);
    const waits = receiver.posts
      .slice(1)
      .map((post, index) => post.at - (receiver.posts[index]?.answeredAt ?? post.at));
    expect(waits[0]).toBeGreaterThanOrEqual(45);
  });

  it.each([405, 415, 501])('B18 an answer that time does not heal is final at once: %i', async (status) => {
    const { receiver, delivery } = await tell((response) => void response.writeHead(status).end());

    await eventually(async () => (await delivery()).state !== 'trying');

    expect(await delivery()).toMatchObject({ state: 'refused', attempts: 1, nextAttemptAt: undefined });
    expect(receiver.posts).toHaveLength(1);
  });

  it('B20 400 is no success; its words are kept for operators and decide nothing', async () => {
    const words = JSON.stringify({ error: 'success', error_description: 'unknown session\u001b[31m' });
    const refused = await tell((response) => {
      response.writeHead(400, { 'content-type': 'application/json', 'cache-control': 'no-store' }).end(words);
    });
    await eventually(async () => (await refused.delivery()).state !== 'trying');

    // Two slow retries in these settings, then it is refused: the same with and without words.
    expect(await refused.delivery()).toMatchObject({ state: 'refused', attempts: 3, lastStatus: 400 });
    expect((await refused.delivery()).lastError).not.toContain('\u001b');
    const attempts = await world.store.deliveries.attempts((await refused.delivery()).id);
    expect(attempts.map((one) => one.verdict)).toEqual(['retry', 'retry', 'refused']);
    expect(JSON.stringify(attempts)).toContain('unknown session');
  });

  it('B25 the app that asks is told too, and has answered before the browser is sent back to it', async () => {
    const answered: number[] = [];
    const receiver = await startReceiver(async (response) => {
      await new Promise((later) => setTimeout(later, SLOW_MS));
      answered.push(performance.now());
      response.writeHead(200).end();
    });
    await changeFile(world, 'scripted', { backchannel_logout_uri: receiver.url });
    browser = createBrowser();
    const signIn = await world.apps.scripted.signIn(browser);

    const page = await signOff(browser, world.apps.scripted, signIn);

    expect(page.location).toBe(world.apps.scripted.postLogoutRedirectUri);
    expect(answered).toHaveLength(1);
    expect(claimsOf(receiver.posts[0]?.token).sid).toBe(signIn.claims.sid);
    await receiver.close();
  });

  it('B26 the redirect comes after all apps have been told', async () => {
    const slow = world.apps['slow-1'];
    await signInAt(world.apps.mail, slow);
    const startedAt = Date.now();

    const page = await signOff(browser, world.apps.wiki, inWiki);

    expect(page.location).toBe(world.apps.wiki.postLogoutRedirectUri);
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(SLOW_MS);
    for (const app of [world.apps.wiki, world.apps.mail, slow]) {
      expect((await deliveriesTo(world, app))[0]?.state).toBe('told');
    }
  });

  it('B29 N sessions of a user at an app are N tokens, each with its own sid, never one for the user', async () => {
    const { wiki } = world.apps;
    const browsers = [createBrowser(), createBrowser(), createBrowser()];
    const signIns: Tokens[] = [];
    for (const one of browsers) signIns.push(await wiki.signIn(one, { username: 'bob' }));
    const [first = browsers[0] as Browser] = browsers;

    const page = await first.get(wiki.endSessionUrl({ client_id: 'wiki' }));
    const tokens = await tokensThrough(
      wiki,
      () => first.submit(page, { scope: 'app-everywhere', decision: 'sign-out' }),
      3,
    );

    expect(tokens.map((one) => one.claims.sid).sort()).toEqual(signIns.map((one) => one.claims.sid).sort());
    expect(new Set(tokens.map((one) => one.claims.jti)).size).toBe(3);
  });

  it('B30 the list of apps is taken in the write that ends the session, from nothing that dies in it', async () => {
    const { wiki, mail } = world.apps;
    const [inMail] = await signInAt(mail);
    // No token and no grant of mail is left when the session ends.
    const grant = (await world.store.sessions.participation(inMail?.claims.sid ?? ''))?.grantId ?? '';
    await world.store.provider.revokeByGrant(grant);
    await mail.token({ grant_type: 'refresh_token', refresh_token: inMail?.refreshToken ?? '' });
    const uid = (await world.store.sessions.participation(inWiki.claims.sid))?.sessionUid ?? '';
    const before = mail.received.length;

    const ended = await world.server.endSessions(
      { kind: 'session', uid },
      { reason: 'operator', actor: { kind: 'operator' } },
    );

    const logoutId = ended.kind === 'ended' ? ended.logout.id : '';
    const rows = await world.store.deliveries.list({ logoutId }, { limit: 10 });
    expect(rows.map((row) => row.clientId).sort()).toEqual(['mail', 'wiki']);
    await mail.waitForTokens(before + 1);
    expect(mail.received.at(-1)?.claims.sid).toBe(inMail?.claims.sid);
    expect(await isSignedIn(browser, wiki)).toBe(false);
  });

  /** Signs alice in at the scripted app, which then answers like this, and off. */
  async function tell(...answers: readonly Answer[]): Promise<{
    receiver: Receiver;
    delivery: () => Promise<Awaited<ReturnType<typeof deliveriesTo>>[number]>;
  }> {
    const { scripted } = world.apps;
    const receiver = await startReceiver(...answers);
    receivers.push(receiver);
    await changeFile(world, 'scripted', { backchannel_logout_uri: receiver.url });
    const [signIn] = await signInAt(scripted);
    await signOff(browser, world.apps.wiki, inWiki);
    const delivery = async () => {
      const mine = (await deliveriesTo(world, scripted)).find((one) => one.sid === signIn?.claims.sid);
      if (mine === undefined) throw new Error('nothing was planned for the scripted app');
      return mine;
    };
    return { receiver, delivery };
  }
});

describe('an app that has not answered in time', () => {
  const WAIT_MS = 300;
  let world: World<'wiki' | 'mail'>;

  beforeAll(async () => {
    world = await startWorld({ apps: { wiki: {}, mail: {} }, settings: { SIGNOFF_LOGOUT_WAIT: `${WAIT_MS}ms` } });
  });
  afterAll(() => world.stop());

  it('B27 holds the browser no longer than the wait; the page names it; it is told again until it answers', async () => {
    const { wiki, mail } = world.apps;
    const release: (() => void)[] = [];
    const receiver = await startReceiver(
      (response) => void release.push(() => response.writeHead(503).end()),
      (response) => void response.writeHead(200).end(),
    );
    await changeFile(world, 'mail', { backchannel_logout_uri: receiver.url });
    const browser = createBrowser();
    const inWiki = await wiki.signIn(browser);
    await mail.signIn(browser);
    const startedAt = performance.now();

    const answer = await signOff(browser, wiki, inWiki, { state: 's' });

    expect(performance.now() - startedAt).toBeLessThan(WAIT_MS + 400);
    expect(answer.location).toMatch(/\/logout\/[\w-]{43}$/);
    const page = await browser.get(answer.location ?? '');
    expect(page.body).toContain('Mail');
    expect(page.body).toContain(`${wiki.postLogoutRedirectUri}?state=s`);
    const receipt = async () => {
      const asked = await browser.get(answer.location ?? '', { headers: { accept: 'application/json' } });
      return JSON.parse(asked.body) as { state: string; counts: { told: number } };
    };
    expect(await receipt()).toMatchObject({ state: 'trying', counts: { told: 1, trying: 1 } });
    for (const goOn of release) goOn();
    await eventually(async () => (await receipt()).state === 'settled');
    expect(await receipt()).toMatchObject({ counts: { told: 2, trying: 0 } });
    expect(receiver.posts).toHaveLength(2);
    await receiver.close();
  });
});
