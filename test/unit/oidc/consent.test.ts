import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { claimsOf, createPerson, type Rig, refresh, startRig, userinfo } from './rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({
    clients: [
      { client_id: 'ours', party: 'first' },
      { client_id: 'theirs' },
      { client_id: 'limited', scope: 'openid email' },
      {
        client_id: 'native',
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        redirect_uris: ['test.native:/cb'],
        post_logout_redirect_uris: [],
        backchannel_logout_uri: undefined,
      },
    ],
  });
});
afterAll(() => rig.close());

const claims = { name: 'Alice', email: 'alice@example.test', groups: ['staff'] };

describe('consent', () => {
  it('is never asked for by an app of ours, whatever it asks for', async () => {
    const person = createPerson(rig, await rig.account({ claims }));
    person.replies({ consent: undefined });
    const tokens = await person.signIn('ours', { scope: 'openid profile email groups', prompt: 'consent' });
    expect(await (await userinfo(rig, tokens.access_token)).json()).toMatchObject(claims);
  });

  it('is asked once, outlives the session, and is asked again only for what is new', async () => {
    const account = await rig.account({ claims });
    const person = createPerson(rig, account);
    person.replies({ consent: undefined });
    const { page } = await person.authorize('theirs', { scope: 'openid email' });
    expect(JSON.parse(page.body)).toMatchObject({
      kind: 'consent',
      scopes: ['openid', 'email'],
      account: { id: account.id },
    });
    await person.browser.post(page.url, { decision: 'allow' }, { stopAt: 'http://theirs.test/' });

    const later = createPerson(rig, account);
    later.replies({ consent: undefined });
    expect((await later.authorize('theirs', { scope: 'openid email' })).params?.['code']).toBeDefined();
    const more = await later.authorize('theirs', { scope: 'openid email groups' });
    expect(JSON.parse(more.page.body)).toMatchObject({ kind: 'consent', scopes: ['groups'] });
    expect((await later.authorize('theirs', { scope: 'openid groups', prompt: 'none' })).params).toMatchObject({
      error: 'consent_required',
    });
    const asked = await later.authorize('theirs', { scope: 'openid email', prompt: 'consent' });
    expect(JSON.parse(asked.page.body)).toMatchObject({ kind: 'consent', scopes: ['openid', 'email'] });
  });

  it('refused is access_denied, and nothing was allowed', async () => {
    const account = await rig.account();
    const person = createPerson(rig, account);
    person.replies({ consent: { decision: 'deny' } });
    expect((await person.authorize('theirs')).params).toMatchObject({ error: 'access_denied', state: 'st' });
    expect(await rig.store.accounts.consent(account.id, 'theirs')).toEqual([]);
  });

  it('given for more does not leak into a request that asks for less', async () => {
    const person = createPerson(rig, await rig.account({ claims }));
    await person.signIn('theirs', { scope: 'openid email groups' });
    const less = await person.signIn('theirs', { scope: 'openid' });
    expect(less.scope).toBe('openid');
    expect(await (await userinfo(rig, less.access_token)).json()).not.toHaveProperty('email');
  });

  it('a second request keeps the tokens of the first alive', async () => {
    const person = createPerson(rig, await rig.account());
    const first = await person.signIn('theirs');
    await person.signIn('theirs', { scope: 'openid email' });
    expect((await refresh(rig, 'theirs', first.refresh_token)).status).toBe(200);
  });

  it('single claims are asked for by the scope that carries them', async () => {
    const person = createPerson(rig, await rig.account({ claims }));
    person.replies({ consent: undefined });
    const wanted = {
      claims: JSON.stringify({ userinfo: { email: null }, id_token: { auth_time: { essential: true } } }),
    };
    const { page } = await person.authorize('theirs', wanted);
    expect(JSON.parse(page.body)).toMatchObject({ kind: 'consent', scopes: ['openid', 'email'] });
    person.replies({});
    const tokens = await person.signIn('theirs', wanted);
    expect(await (await userinfo(rig, tokens.access_token)).json()).toMatchObject({ email: claims.email });
  });

  it('C12 offline_access of a third party needs the question', async () => {
    const person = createPerson(rig, await rig.account());
    expect((await person.signIn('theirs', { scope: 'openid offline_access' })).scope).toBe('openid');
    const asked = await person.signIn('theirs', { scope: 'openid offline_access', prompt: 'consent' });
    expect(asked.scope).toContain('offline_access');
  });

  it('a native app of somebody else asks each time: anybody may pretend to be it (RFC 8252 §8.6)', async () => {
    const person = createPerson(rig, await rig.account());
    const its = { redirect_uri: 'test.native:/cb' };
    expect((await person.authorize('native', its)).page.location).toContain('code=');
    person.replies({ consent: undefined });
    expect((await person.authorize('native', its)).page.body).toContain('"consent"');
  });

  it('a scope that the client did not register is refused', async () => {
    const person = createPerson(rig, await rig.account());
    expect((await person.authorize('limited', { scope: 'openid groups' })).params?.['error']).toBe('invalid_scope');
    expect(claimsOf((await person.signIn('limited')).id_token)['acr']).toBe('urn:signoff:password');
  });
});
