import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Account } from '../../../src/accounts/account.ts';
import { cookieNames } from '../../../src/oidc/cookies.ts';
import { DAY, HOUR, MINUTE } from '../../support/builders.ts';
import { claimsOf, createPerson, introspect, type Rig, refresh, startRig, userinfo } from './rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig.close());
afterEach(() => void rig.lines.splice(0));

const sessionsOf = (account: Account) => rig.store.sessions.list({ accountId: account.id }, { limit: 20 });
const user = { reason: 'user', actor: { kind: 'user' } } as const;
const reasons = () => rig.lines.filter((line) => line.event === 'logout.committed').map((line) => line.facts['reason']);

describe('a session whose time is over', () => {
  it('is ended on sight when it was idle too long, and says so', async () => {
    const account = await rig.account();
    const person = createPerson(rig, account);
    const tokens = await person.signIn('a');
    rig.clock.advance(12 * HOUR + 1);
    expect(await introspect(rig, 'a', tokens.access_token)).toBe(false);
    expect((await person.authorize('a', { prompt: 'none' })).params).toMatchObject({ error: 'login_required' });
    expect(reasons()).toEqual(['idle']);
    expect((await sessionsOf(account))[0]?.participations[0]?.endedAt).toBeDefined();
  });

  it('is kept in the browser for as long as it can last', async () => {
    const person = createPerson(rig, await rig.account());
    await person.signIn('a');
    const { expiresAt = 0 } =
      person.browser.cookies().find((one) => one.name === cookieNames(rig.issuer).session) ?? {};
    expect(Math.round((expiresAt - Date.now()) / DAY)).toBe(14);
  });

  it('is kept awake by refreshing and by userinfo, not by introspection', async () => {
    const person = createPerson(rig, await rig.account());
    const tokens = await person.signIn('a');
    rig.clock.advance(11 * HOUR);
    const fresh = await refresh(rig, 'a', tokens.refresh_token);
    rig.clock.advance(11 * HOUR);
    expect((await refresh(rig, 'a', String(fresh['refresh_token']))).status).toBe(200);
    rig.clock.advance(6 * HOUR);
    expect(await introspect(rig, 'a', tokens.refresh_token ?? '')).toBe(true);
    rig.clock.advance(6 * HOUR + MINUTE);
    expect((await person.authorize('a', { prompt: 'none' })).params).toMatchObject({ error: 'login_required' });
  });

  it('ends at its longest life, however busy it is', async () => {
    const person = createPerson(rig, await rig.account());
    let { refresh_token: token } = await person.signIn('a');
    for (let hours = 0; hours < 14 * 24; hours += 8) {
      rig.clock.advance(8 * HOUR);
      const { refresh_token: next = token } = (await refresh(rig, 'a', token)) as { refresh_token?: string };
      token = next;
    }
    expect((await refresh(rig, 'a', token)).status).toBe(400);
    expect((await person.authorize('a', { prompt: 'none' })).params).toMatchObject({ error: 'login_required' });
    expect(reasons()).toEqual(['expired']);
  });

  it('on a shared computer rests for 15 minutes at most, and its cookie goes with the browser', async () => {
    const account = await rig.account();
    const person = createPerson(rig, account);
    person.replies({ 'sign-in': { account: account.id, shared: 'on' } });
    await person.signIn('a');
    const cookie = person.browser.cookies().find((one) => one.name === cookieNames(rig.issuer).session);
    expect(cookie).toMatchObject({ expiresAt: undefined });
    rig.clock.advance(15 * MINUTE + 1);
    expect((await person.authorize('a', { prompt: 'none' })).params).toMatchObject({ error: 'login_required' });
    expect(reasons()).toEqual(['idle']);
  });
});

describe('"everywhere"', () => {
  it('kills every session, code and token at once, offline ones too', async () => {
    const account = await rig.account();
    const [here, there] = [createPerson(rig, account), createPerson(rig, account)];
    const offline = await here.signIn('a', { scope: 'openid offline_access' });
    const bound = await there.signIn('b');
    const { params } = await there.authorize('a');
    await rig.endSessions({ kind: 'account', accountId: account.id }, user);
    expect((await refresh(rig, 'a', offline.refresh_token)).status).toBe(400);
    expect(await introspect(rig, 'b', bound.access_token)).toBe(false);
    expect((await userinfo(rig, offline.access_token)).status).toBe(401);
    expect((await there.code('a', params)).status).toBe(400);
    expect((await here.authorize('a', { prompt: 'none' })).params).toMatchObject({ error: 'login_required' });
  });

  it('beats a sign-in whose password was verified before it', async () => {
    const account = await rig.account();
    const person = createPerson(rig, account);
    person.replies({ 'sign-in': { account: account.id, account_generation: '0' } });
    await rig.endSessions({ kind: 'account', accountId: account.id }, user);
    expect((await person.authorize('a')).params).toMatchObject({ error: 'login_required' });
    expect(await sessionsOf(account)).toEqual([]);
    expect((await person.authorize('a', { prompt: 'none' })).params).toMatchObject({ error: 'login_required' });
  });

  it('lets a page that was opened before and sent after begin a whole new session', async () => {
    const account = await rig.account();
    const person = createPerson(rig, account);
    person.replies({ 'sign-in': undefined });
    const { page } = await person.authorize('a');
    await rig.endSessions({ kind: 'account', accountId: account.id }, user);
    const done = await person.browser.post(page.url, { account: account.id }, { stopAt: 'http://a.test/' });
    expect(done.location).toContain('code=');
    expect((await person.authorize('b', { prompt: 'none' })).params?.['code']).toBeDefined();
  });
});

describe('one app signed off, session alive', () => {
  it('asks "Continue as", gives a new sid, and is login_required for prompt=none', async () => {
    const account = await rig.account();
    const person = createPerson(rig, account);
    const before = await person.signIn('a');
    await person.signIn('b');
    const sid = String(claimsOf(before.id_token)['sid']);
    await rig.endSessions({ kind: 'participation', sid }, user);
    expect(await introspect(rig, 'a', before.access_token)).toBe(false);
    expect((await refresh(rig, 'a', before.refresh_token)).status).toBe(400);
    expect((await person.authorize('a', { prompt: 'none' })).params).toMatchObject({ error: 'login_required' });
    expect((await person.authorize('b', { prompt: 'none' })).params?.['code']).toBeDefined();

    person.replies({ continue: undefined });
    const shown = JSON.parse((await person.authorize('a')).page.body);
    expect(shown).toMatchObject({ kind: 'continue', account: { id: account.id }, client: { client_id: 'a' } });
    person.replies({});
    const after = await person.signIn('a');
    expect(claimsOf(after.id_token)['sid']).not.toBe(sid);
    expect(await introspect(rig, 'a', before.access_token)).toBe(false);
    expect((await person.authorize('a', { prompt: 'none' })).params?.['code']).toBeDefined();
  });

  it('"other account" leads to a sign-in that ends the old session', async () => {
    const [alice, bob] = [await rig.account(), await rig.account()];
    const person = createPerson(rig, alice);
    const { id_token } = await person.signIn('a');
    await rig.endSessions({ kind: 'participation', sid: String(claimsOf(id_token)['sid']) }, user);
    person.replies({ continue: { decision: 'other' }, 'sign-in': { account: bob.id } });
    expect(claimsOf((await person.signIn('a')).id_token)['sub']).toBe(bob.id);
    expect((await sessionsOf(alice))[0]?.session.state).toBe('ended');
    expect(reasons()).toEqual(['user', 'other-account']);
  });
});

describe('signing in as somebody else in the same browser', () => {
  it('ends the old session first, tells its apps, and gives the new person a code', async () => {
    const [alice, bob] = [await rig.account(), await rig.account()];
    const person = createPerson(rig, alice);
    const old = await person.signIn('a');
    person.replies({ 'sign-in': { account: bob.id } });
    const fresh = await person.signIn('b', { prompt: 'login' });
    expect(claimsOf(fresh.id_token)['sub']).toBe(bob.id);
    const [session] = await sessionsOf(alice);
    expect(session?.session.state).toBe('ended');
    const deliveries = await rig.store.deliveries.list({ accountId: alice.id }, { limit: 9 });
    expect(deliveries.map((one) => one.clientId)).toEqual(['a']);
    expect(await introspect(rig, 'a', old.access_token)).toBe(false);
    expect(reasons()).toEqual(['other-account']);
  });

  it('also when the other one signed in after the page was opened', async () => {
    const [alice, bob] = [await rig.account(), await rig.account()];
    const person = createPerson(rig, alice);
    person.replies({ 'sign-in': undefined });
    const { page } = await person.authorize('a');
    person.replies({});
    await person.signIn('b');
    const done = await person.browser.post(page.url, { account: bob.id }, { stopAt: 'http://a.test/' });
    expect(done.location).toContain('code=');
    expect((await sessionsOf(bob))[0]).toMatchObject({
      session: { state: 'live' },
      participations: [{ clientId: 'a' }],
    });
    expect((await sessionsOf(alice))[0]?.session.state).toBe('ended');
  });

  it('C8 an id_token_hint or claimed sub of somebody else is never answered for this person', async () => {
    const [alice, bob] = [await rig.account(), await rig.account()];
    const { id_token: hint } = await createPerson(rig, alice).signIn('a');
    const person = createPerson(rig, bob);
    await person.signIn('a');
    const silent = { prompt: 'none' };
    expect((await person.authorize('a', { ...silent, id_token_hint: hint })).params?.['error']).toBe('login_required');
    const claims = JSON.stringify({ id_token: { sub: { value: alice.id } } });
    expect((await person.authorize('a', { ...silent, claims })).params?.['error']).toBe('login_required');
  });
});

describe('sessions of one browser', () => {
  it('a browser that lost its cookie leaves no session behind once it signs in again', async () => {
    const account = await rig.account();
    const person = createPerson(rig, account, 'device-1');
    await person.signIn('a');
    person.browser.forget();
    await person.signIn('b');
    const states = (await sessionsOf(account)).map((one) => one.session.state);
    expect(states).toEqual(['live', 'ended']);
    expect(reasons()).toEqual(['superseded']);
  });

  it('two sign-in pages finished at once leave one', async () => {
    const account = await rig.account();
    const persons = [createPerson(rig, account, 'device-2'), createPerson(rig, account, 'device-2')];
    await Promise.all(persons.map((person) => person.authorize('a')));
    const live = (await sessionsOf(account)).filter((one) => one.session.state === 'live');
    expect(live).toHaveLength(1);
  });

  it('other devices of the same person are left alone', async () => {
    const account = await rig.account();
    await createPerson(rig, account, 'device-3').signIn('a');
    await createPerson(rig, account, 'device-4').signIn('a');
    expect((await sessionsOf(account)).map((one) => one.session.state)).toEqual(['live', 'live']);
  });
});

describe('an account that cannot be used', () => {
  it('is login_required for prompt=none and a sign-in page else, never an error page', async () => {
    const account = await rig.account();
    const person = createPerson(rig, account);
    const tokens = await person.signIn('a');
    const change = { accountChange: { state: 'disabled' } } as const;
    await rig.endSessions(
      { kind: 'account', accountId: account.id },
      { reason: 'account-disabled', actor: { kind: 'operator' }, ...change },
    );
    expect((await person.authorize('a', { prompt: 'none' })).params).toMatchObject({ error: 'login_required' });
    expect((await refresh(rig, 'a', tokens.refresh_token)).status).toBe(400);
    person.replies({ 'sign-in': undefined });
    expect((await person.authorize('a')).page.body).toContain('"sign-in"');
  });
});

describe('prompts', () => {
  it('C4 prompt=login really signs in again and moves auth_time', async () => {
    const person = createPerson(rig, await rig.account());
    const first = claimsOf((await person.signIn('a')).id_token)['auth_time'];
    rig.clock.advance(5_000);
    const second = claimsOf((await person.signIn('a', { prompt: 'login' })).id_token)['auth_time'];
    expect(Number(second)).toBeGreaterThan(Number(first));
  });

  it('C5 prompt=select_account offers the present account and another', async () => {
    const account = await rig.account();
    const person = createPerson(rig, account);
    person.replies({ continue: undefined });
    expect((await person.authorize('a', { prompt: 'select_account' })).params?.['code']).toBeDefined();
    const { page } = await person.authorize('b', { prompt: 'select_account' });
    expect(JSON.parse(page.body)).toMatchObject({ kind: 'continue' });
    const done = await person.browser.post(page.url, { decision: 'continue' }, { stopAt: 'http://b.test/' });
    expect(done.location).toContain('code=');
  });

  it('C3 none with anything else is an error, an essential acr that does not exist too', async () => {
    const person = createPerson(rig, await rig.account());
    await person.signIn('a');
    expect((await person.authorize('a', { prompt: 'none login' })).params?.['error']).toBe('invalid_request');
    const claims = JSON.stringify({ id_token: { acr: { essential: true, values: ['urn:elsewhere'] } } });
    expect((await person.authorize('a', { claims })).params?.['error']).toBe('unmet_authentication_requirements');
  });

  it('an interaction of another browser is gone, so is an old one; a finished one is known for what it is', async () => {
    const account = await rig.account();
    const person = createPerson(rig, account);
    person.replies({ 'sign-in': undefined });
    const { page } = await person.authorize('a');
    const stranger = createPerson(rig, account).browser;
    const look = async (browser: typeof stranger) => JSON.parse((await browser.get(page.url)).body);
    expect(await look(stranger)).toMatchObject({ kind: 'gone', signedIn: false });
    await person.browser.post(page.url, { account: account.id }, { stopAt: 'http://a.test/' });
    expect(await look(person.browser)).toMatchObject({ kind: 'sign-in', answered: true, signedIn: true });
    rig.clock.advance(3 * 60_000);
    expect(await look(person.browser)).toEqual({ kind: 'gone', cookiesOff: false, signedIn: true });
    const late = await person.browser.post(page.url, { account: account.id });
    expect([late.status, late.body]).toEqual([403, expect.stringContaining('page_old')]);
    rig.clock.advance(DAY);
  });
});
