import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Account } from '../../../src/accounts/account.ts';
import { claimsOf, createPerson, type Rig, refresh, startRig, userinfo } from './rig.ts';

/** What happens just before the store is asked to keep this kind of token, once. */
let meanwhile: { readonly model: string; readonly act: () => Promise<unknown> } | undefined;
let rig: Rig;
beforeAll(async () => {
  rig = await startRig({
    async before(role, method, [write]) {
      const model = (write as { readonly model?: string } | undefined)?.model;
      if (role !== 'provider' || method !== 'save' || model !== meanwhile?.model) return;
      const { act } = meanwhile ?? {};
      meanwhile = undefined;
      await act?.();
    },
  });
});
afterAll(() => rig.close());

const user = { reason: 'user', actor: { kind: 'user' } } as const;
const offline = { scope: 'openid offline_access' };
const late = { status: 400, error: 'invalid_grant' };

const endAppHere = (sid: unknown) => rig.endSessions({ kind: 'participation', sid: String(sid) }, user);
const endAppEverywhere = (account: Account) =>
  rig.endSessions({ kind: 'account-client', accountId: account.id, clientId: 'a' }, user);

async function sidOf(account: Account): Promise<string> {
  const [view] = await rig.store.sessions.list({ accountId: account.id, state: 'live' }, { limit: 1 });
  return view?.participations[0]?.sid ?? '';
}

// The app was told of this very `sid` before it had a session under it: nobody would ever end the one it starts now.
describe('an app that is signed off while it redeems, in a session that lives', () => {
  it('here: gets no tokens for its code', async () => {
    const account = await rig.account();
    const person = createPerson(rig, account);
    const { params } = await person.authorize('a');
    meanwhile = { model: 'AccessToken', act: async () => endAppHere(await sidOf(account)) };
    expect(await person.code('a', params)).toMatchObject(late);
  });

  it('everywhere: gets no tokens for its code, offline ones neither', async () => {
    for (const extra of [{}, offline]) {
      const account = await rig.account();
      const person = createPerson(rig, account);
      const { params } = await person.authorize('a', extra);
      meanwhile = { model: 'RefreshToken', act: () => endAppEverywhere(account) };
      expect(await person.code('a', params)).toMatchObject(late);
    }
  });

  it('gets no tokens for its refresh token, and the other app keeps its own', async () => {
    const account = await rig.account();
    const person = createPerson(rig, account);
    const tokens = await person.signIn('a');
    const other = await person.signIn('b');
    meanwhile = { model: 'AccessToken', act: () => endAppHere(claimsOf(tokens.id_token)['sid']) };
    expect(await refresh(rig, 'a', tokens.refresh_token)).toMatchObject(late);
    expect((await userinfo(rig, other.access_token)).status).toBe(200);
  });

  it('gets nothing either when the account is ended everywhere and the token would outlive the session', async () => {
    const account = await rig.account();
    const tokens = await createPerson(rig, account).signIn('a', offline);
    meanwhile = {
      model: 'AccessToken',
      act: () => rig.endSessions({ kind: 'account', accountId: account.id }, user),
    };
    expect(await refresh(rig, 'a', tokens.refresh_token)).toMatchObject(late);
  });
});
