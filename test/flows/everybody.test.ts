/** Log off everybody: from one instant nothing old works, and every app of every session is told, whatever happens. */
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { apiClient, aTokenFor } from '../support/api.ts';
import { createBrowser } from '../support/browser.ts';
import { addAccount, describeFlows, startWorld, type World } from '../support/product.ts';

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
