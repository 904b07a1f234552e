import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { createBrowser } from '../support/browser.ts';
import { backToNow, letPass, SECOND } from '../support/moving-time.ts';
import { addAccount, describeFlows, startWorld, type World } from '../support/product.ts';
import { PASSWORD } from '../support/relying-party.ts';

describeFlows('apps with access', () => {
  let world: World<'guest' | 'other'>;
  let people = 0;

  beforeAll(async () => {
    const file = { party: 'third' };
    world = await startWorld({ apps: { guest: { file }, other: { file } } });
  });
  afterEach(backToNow);
  afterAll(() => world.stop());

  async function somebody() {
    people += 1;
    const username = `user-${people}`;
    const accountId = await addAccount(world.store, username);
    const [here, elsewhere] = [createBrowser(), createBrowser('a phone')];
    const parameters = { scope: 'openid email offline_access', prompt: 'consent' };
    const tokens = [
      await world.apps.guest.signIn(here, { username, parameters }),
      await world.apps.guest.signIn(elsewhere, { username, parameters }),
    ];
    await world.apps.other.signIn(here, { username });
    const apps = async () => {
      const { body } = await here.get(`${world.issuer}/account/apps`, { headers: { accept: 'application/json' } });
      return JSON.parse(body).apps;
    };
    return { username, accountId, here, elsewhere, tokens, apps };
  }

  it('are listed with what each may do', async () => {
    const { apps, here } = await somebody();
    const [one, two] = (await apps()).toSorted((a: { client_id: string }, b: { client_id: string }) =>
      a.client_id < b.client_id ? -1 : 1,
    );
    expect(one).toMatchObject({
      client_id: 'guest',
      offline: true,
      can_be_told: true,
      scopes: expect.arrayContaining(['email', 'offline_access']),
    });
    expect(two).toMatchObject({ client_id: 'other', offline: false });
    expect(Date.parse(one.last_used_at)).toBeGreaterThanOrEqual(Date.parse(one.since));
    const page = await here.get(`${world.issuer}/account/apps`);
    expect(page.forms).toHaveLength(2);
  });

  it('ending one takes consent, tokens and sign-ins everywhere, and nothing of the others', async () => {
    const { here, accountId, tokens, apps, username } = await somebody();
    const page = await here.get(`${world.issuer}/account/apps`);
    const form = page.forms.find(({ fields }) => fields['client_id'] === 'guest');
    const done = await here.post(`${world.issuer}/account/apps/end`, form?.fields ?? {});
    expect(new URL(done.url).pathname).toMatch(/^\/logout\//);
    expect((await apps()).map(({ client_id: id }: { client_id: string }) => id)).toEqual(['other']);
    expect(await world.store.accounts.consent(accountId, 'guest')).toEqual([]);
    expect(await world.store.accounts.consent(accountId, 'other')).not.toEqual([]);
    for (const { refreshToken, claims } of tokens) {
      const { status } = await world.apps.guest.token({
        grant_type: 'refresh_token',
        refresh_token: refreshToken ?? '',
      });
      expect(status).toBe(400);
      while (!world.apps.guest.received.some((each) => each.claims.sid === claims.sid)) {
        await world.apps.guest.waitForTokens(world.apps.guest.received.length + 1);
      }
    }
    const [event] = await world.store.activity.list(accountId, { kind: 'logout' }, 9);
    expect(event).toMatchObject({ reason: 'consent-revoked', clientId: 'guest' });
    const asked = await here.get(world.apps.guest.authorizationUrl({ login_hint: username }), {
      stopAt: new URL(world.apps.guest.authorizationUrl()).searchParams.get('redirect_uri') ?? '',
    });
    expect(asked.body).toMatch(/name="decision"/);
  });

  it('asks for the password when the last one is old, and ends nothing of somebody else', async () => {
    const { here, apps } = await somebody();
    letPass(16 * 60 * SECOND);
    const page = await here.get(`${world.issuer}/account/apps`);
    const form = page.forms.find(({ fields }) => fields['client_id'] === 'guest');
    const asked = await here.post(`${world.issuer}/account/apps/end`, form?.fields ?? {});
    expect(await apps()).toHaveLength(2);
    await here.submit(asked, { password: PASSWORD });
    expect(await apps()).toHaveLength(1);
    const nothing = await here.post(`${world.issuer}/account/apps/end`, { ...form?.fields, client_id: 'nobody' });
    expect(new URL(nothing.url).pathname).toBe('/devices');
  });
});
