/** Log off everybody: from one instant nothing old works, and every app of every session is told, whatever happens. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { apiClient, aTokenFor } from '../support/api.ts';
import { createBrowser } from '../support/browser.ts';
import { addAccount, describeFlows, startWorld, type World } from '../support/product.ts';
import { aCliWorld, type CliWorld } from './cli-world.ts';

describeFlows('everybody', () => {
  let world: World<'wiki' | 'mail'>;
  let owner: ReturnType<typeof apiClient>;

  beforeEach(async () => {
    world = await startWorld({ apps: { wiki: {}, mail: {} } });
    owner = apiClient(world.issuer, await aTokenFor(world.store, await addAccount(world.store, 'root'), 'owner'));
  });
  afterEach(() => world.stop());

  it('is counted first, ends all but the session that is kept, and tells every app', async () => {
    const { wiki, mail } = world.apps;
    const [laptop, phone, mine] = [createBrowser(), createBrowser(), createBrowser()];
    const inWiki = await wiki.signIn(laptop);
    const inMail = await mail.signIn(laptop);
    const onPhone = await wiki.signIn(phone, { username: 'bob' });
    const kept = await mail.signIn(mine, { username: 'bob' });
    const [keep] = (await owner('/sessions?account=bob')).json.items;

    const preview = await owner('/logouts?dry_run=true', { body: { everybody: true, keep: keep.id } });
    expect(preview.json).toMatchObject({ accounts: 2, sessions: 2, participations: 3 });

    const ended = await owner('/logouts', { body: { everybody: true, keep: keep.id, wait: '10s', reason: 'a leak' } });
    expect(ended.json).toMatchObject({
      account_id: null,
      reason: 'everybody',
      target: { kind: 'everybody', keep: keep.id },
      state: 'settled',
      progress: { sessions_ended: 2, deliveries: 3, told: 3, walking: false, rate: 300 },
    });
    const told = [...wiki.received, ...mail.received].map(({ claims }) => claims.sid).toSorted();
    expect(told).toEqual([inWiki, inMail, onPhone].map(({ claims }) => claims.sid).toSorted());
    const dead = await wiki.token({ grant_type: 'refresh_token', refresh_token: inWiki.refreshToken ?? '' });
    expect(dead.json).toMatchObject({ error: 'invalid_grant' });
    const alive = await mail.token({ grant_type: 'refresh_token', refresh_token: kept.refreshToken ?? '' });
    expect(alive.status).toBe(200);
    expect((await owner('/audit?limit=1')).json.items[0]).toMatchObject({ subject: 'everybody', reason: 'a leak' });
  });

  it('is one token without a sid for each person, at an app that says it takes those', async () => {
    await world.stop();
    world = await startWorld({ apps: { wiki: { file: { logout: { merge: 'sub' } } }, mail: {} } });
    owner = apiClient(world.issuer, await aTokenFor(world.store, await addAccount(world.store, 'root'), 'owner'));
    const { wiki, mail } = world.apps;
    for (let n = 0; n < 2; n += 1) {
      const browser = createBrowser();
      await wiki.signIn(browser);
      await mail.signIn(browser);
    }
    const bob = await wiki.signIn(createBrowser(), { username: 'bob' });
    const ended = await owner('/logouts', { body: { everybody: true, wait: '10s' } });
    expect(ended.json.progress).toMatchObject({ sessions_ended: 3, deliveries: 4, told: 4 });
    const subs = wiki.received.map(({ claims }) => [claims.sub, claims.sid]).toSorted();
    expect(subs).toEqual(
      [
        [await world.accountId('alice'), undefined],
        [bob.claims.sub, undefined],
      ].toSorted(),
    );
    expect(mail.received.every(({ claims }) => claims.sid !== undefined)).toBe(true);
  });

  it('is for owners', async () => {
    const token = await aTokenFor(world.store, await world.accountId('alice'), 'operator');
    const refused = await apiClient(world.issuer, token)('/logouts', { body: { everybody: true } });
    expect([refused.status, refused.json.code]).toEqual([403, 'role_missing']);
  });

  it('goes at its pace, is paused, and goes on in the next process', async () => {
    const { wiki } = world.apps;
    for (let n = 0; n < 130; n += 1) await signInBehind(world, `person-${n}`);
    const ended = await owner('/logouts', { body: { everybody: true, rate: 20 } });
    const id = ended.json.logout_id;
    expect(ended.json.progress).toMatchObject({ walking: true, rate: 20 });
    const browser = createBrowser();
    await wiki.signIn(browser);
    const paused = await owner(`/logouts/${id}/pause`, { method: 'POST' });
    expect(paused.json.progress).toMatchObject({ walking: true, paused: true });

    await world.restart();
    const still = (await owner(`/logouts/${id}`)).json.progress;
    expect(still).toMatchObject({ walking: true, paused: true });
    expect(still.sessions_ended).toBeLessThan(130);
    const attention = { kind: 'walk', message: expect.stringContaining('is paused'), logout_id: id };
    expect((await owner('/attention')).json.items).toContainEqual({ ...attention, client_id: null });
    const resumed = await owner(`/logouts/${id}/resume`, { body: { rate: 10_000 } });
    expect(resumed.json.progress).toMatchObject({ paused: false, rate: 10_000 });
    const events = await owner(`/logouts/${id}/events`);
    expect(events.text).toContain('"sessions_ended":130');
    const done = (await owner(`/logouts/${id}`)).json;
    expect(done.progress).toMatchObject({ sessions_ended: 130, deliveries: 130, walking: false });
    expect((await owner('/attention')).json.items).toEqual([]);
    expect((await owner(`/logouts/${id}/pause`, { method: 'POST' })).status).toBe(409);
    expect(
      (await browser.get(wiki.authorizationUrl({ prompt: 'none' }), { stopAt: wiki.redirectUri })).location,
    ).toContain('code=');
  });
});

/** A session at the wiki, made in the store. */
async function signInBehind({ store }: World<'wiki' | 'mail'>, username: string): Promise<void> {
  const { aCodeOf, aParticipation, aSessionWrite, anOpening, unique } = await import('../support/builders.ts');
  const accountId = await addAccount(store, username);
  const uid = unique('uid');
  const now = Date.now();
  const generation = await store.sessions.generation(accountId);
  const opening = anOpening({ accountId, startedAt: now, generation });
  const participation = aParticipation({ sessionUid: uid, accountId, clientId: 'wiki', startedAt: now });
  await store.sessions.join(participation, aCodeOf(participation), opening);
  await store.sessions.save(aSessionWrite({ uid, now, opening }));
}

describe('everybody, by the command line', () => {
  let world: CliWorld;
  beforeAll(async () => {
    world = await aCliWorld();
    for (const name of ['alice', 'bob']) {
      await world.json(['accounts', 'add', name, '--password-stdin'], { input: `the password of ${name}\n` });
    }
    await world.register(['wiki', 'ok'], ['quiet', undefined]);
  });
  afterAll(() => world.close());

  it('needs the word, or --yes; counts first, tells the apps, and writes a report', async () => {
    const [alice] = await world.json(['accounts', 'show', 'alice']);
    const [bob] = await world.json(['accounts', 'show', 'bob']);
    for (const account of [alice, bob]) await world.signIn(String(account?.['id']), 'wiki', 'quiet');
    const [preview] = await world.json(['logout', '--everybody', '--dry-run']);
    expect(preview).toMatchObject({ accounts: 2, sessions: 2, participations: 4 });
    const asked = await world.run(['logout', '--everybody']);
    expect([asked.code, asked.stderr]).toEqual([2, expect.stringContaining('--yes')]);
    expect((await world.run(['logout', '--everybody', '--session', 'x'])).code).toBe(2);
    expect((await world.run(['logout', '--everybody', '--rate', 'fast'])).code).toBe(2);
    const report = `${world.folder}/report.json`;
    const [logout] = await world.json(['logout', '--everybody', '--yes', '--rate', '500/s', '--report', report]);
    expect(logout).toMatchObject({
      reason: 'everybody',
      url: expect.stringContaining('/logout/'),
      counts: { told: 1, cannot_be_told: 1 },
      progress: { sessions_ended: 2, told: 2, walking: false, rate: 500 },
    });
    const { readFileSync } = await import('node:fs');
    expect(JSON.parse(readFileSync(report, 'utf8'))).toEqual(logout);
    expect(world.arrived.filter(({ path }) => path === 'ok')).toHaveLength(2);
    expect(await world.json(['sessions', 'list', '--state', 'live'])).toEqual([]);
    const [row] = await world.json(['logouts', 'list', '--limit', '1']);
    expect(row).toMatchObject({ target: 'everybody', sessions_ended: 2, walking: false });
    expect((await world.run(['logouts', 'pause', String(row?.['logout_id'])])).code).toBe(2);
  });
});
