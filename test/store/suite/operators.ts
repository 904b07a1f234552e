import { expect, it } from '@jest/globals';
import {
  aCause,
  anAccessToken,
  anAuditEntry,
  HOUR,
  MINUTE,
  newAccount,
  planAll,
  T0,
  unique,
} from '../../support/builders.ts';
import { freshStore, type MakePlace } from './fixture.ts';

export function operatorsSuite(make: MakePlace): void {
  const at = freshStore(make);
  const give = (id: string, role: 'support' | 'operator' | 'owner' | undefined) =>
    at.store.operators.setRole(id, role, T0, anAuditEntry());
  const change = (accountId: string, state: 'disabled' | 'deleted') =>
    at.store.sessions.end(
      unique('logout'),
      { kind: 'account', accountId },
      aCause({ accountChange: { state } }),
      T0,
      planAll(),
    );
  const actions = async () => (await at.store.audit.list({}, 100)).map(({ action }) => action);

  it('gives an account one role, changes it and takes it away, each with its row in the audit', async () => {
    const [owner, helper] = [await newAccount(at.store), await newAccount(at.store)];
    await expect(at.store.operators.role(helper.id)).resolves.toBeUndefined();
    await expect(give(owner.id, 'owner')).resolves.toBe('done');
    await expect(give(helper.id, 'support')).resolves.toBe('done');
    await expect(give(helper.id, 'operator')).resolves.toBe('done');
    await expect(give(helper.id, 'operator')).resolves.toBe('unchanged');
    await expect(at.store.operators.role(helper.id)).resolves.toBe('operator');
    const rows = [
      { accountId: owner.id, role: 'owner', since: T0 },
      { accountId: helper.id, role: 'operator', since: T0 },
    ];
    await expect(at.store.operators.list()).resolves.toEqual(
      rows.toSorted((a, b) => (a.accountId < b.accountId ? -1 : 1)),
    );
    await expect(give(helper.id, undefined)).resolves.toBe('done');
    await expect(give(unique('nobody'), 'owner')).resolves.toBe('nobody');
    await expect(actions()).resolves.toHaveLength(4);
  });

  it('never leaves nobody who could give roles, not even when two owners take them from each other at once', async () => {
    const [one, other] = [await newAccount(at.store), await newAccount(at.store)];
    await give(one.id, 'owner');
    await expect(give(one.id, 'operator')).resolves.toBe('last-owner');
    await expect(give(one.id, undefined)).resolves.toBe('last-owner');
    await give(other.id, 'owner');
    const second = await at.place.open();
    const answers = await Promise.all([
      give(one.id, undefined),
      second.operators.setRole(other.id, undefined, T0, anAuditEntry()),
    ]);
    expect(answers.toSorted()).toEqual(['done', 'last-owner']);
  });

  it('counts a role while its account is active; a deleted one has lost it with its tokens', async () => {
    const [owner, other] = [await newAccount(at.store), await newAccount(at.store)];
    await give(owner.id, 'owner');
    await give(other.id, 'owner');
    const token = anAccessToken({ accountId: other.id });
    await at.store.operators.addToken(token, anAuditEntry());
    await change(other.id, 'disabled');
    await expect(at.store.operators.role(other.id)).resolves.toBeUndefined();
    await expect(at.store.operators.tokenByHash(token.hash, T0)).resolves.toBeUndefined();
    await expect(give(owner.id, undefined)).resolves.toBe('last-owner');
    await at.store.accounts.enable(other.id);
    await expect(at.store.operators.tokenByHash(token.hash, T0)).resolves.toMatchObject({ role: 'owner' });
    await change(other.id, 'deleted');
    await expect(at.store.operators.list()).resolves.toMatchObject([{ accountId: owner.id }]);
    await expect(at.store.operators.tokens(undefined, { limit: 10 })).resolves.toEqual([]);
  });

  it('lets one link make the first owner, once and in time', async () => {
    const [first, second] = [await newAccount(at.store), await newAccount(at.store)];
    const redeem = (hash: string, id: string, now = T0) =>
      at.store.operators.redeemFirstLink(hash, id, now, anAuditEntry({ action: 'operators.first' }));
    await expect(at.store.operators.offerFirstLink({ hash: 'first', expiresAt: T0 + MINUTE })).resolves.toBe(true);
    await expect(at.store.operators.offerFirstLink({ hash: 'second', expiresAt: T0 + HOUR })).resolves.toBe(false);
    await expect(at.store.operators.isFirstLink('first', T0)).resolves.toBe(true);
    await at.store.operators.saveFirstLink({ hash: 'old', expiresAt: T0 + 15 * MINUTE }, anAuditEntry());
    await at.store.operators.saveFirstLink({ hash: 'new', expiresAt: T0 + 15 * MINUTE });
    await expect(at.store.operators.isFirstLink('old', T0)).resolves.toBe(false);
    await expect(at.store.operators.isFirstLink('new', T0)).resolves.toBe(true);
    await expect(redeem('old', first.id)).resolves.toBe('gone');
    await expect(redeem('new', first.id, T0 + 15 * MINUTE)).resolves.toBe('gone');
    await expect(redeem('new', unique('nobody'))).resolves.toBe('gone');
    const race = await Promise.all([redeem('new', first.id), redeem('new', second.id)]);
    expect(race.toSorted()).toEqual(['done', 'gone']);
    await expect(at.store.operators.offerFirstLink({ hash: 'third', expiresAt: T0 + HOUR })).resolves.toBe(false);
    await at.store.operators.saveFirstLink({ hash: 'late', expiresAt: T0 + HOUR });
    await expect(at.store.operators.isFirstLink('late', T0)).resolves.toBe(false);
    await expect(redeem('late', second.id)).resolves.toBe('gone');
  });

  it('keeps initial access tokens, and lets each register as many apps as it says, by one of two at once', async () => {
    const token = {
      id: unique('iat'),
      hash: unique('hash'),
      party: 'third',
      usesLeft: 2,
      createdAt: T0,
      expiresAt: T0 + HOUR,
    } as const;
    await at.store.operators.addRegistrationToken(token, anAuditEntry());
    await expect(at.store.operators.registrationToken(token.hash, T0)).resolves.toEqual(token);
    await expect(at.store.operators.registrationToken(token.hash, T0 + HOUR)).resolves.toBeUndefined();
    const register = (clientId: string, hash = token.hash, now = T0) => {
      const record = { clientId, state: 'active', source: 'registration', sealed: 'v1.', updatedAt: T0 } as const;
      const use = { hash, now };
      return at.store.clients.register({ ...record, registrationHash: `of ${clientId}` }, use, anAuditEntry());
    };
    await expect(register('late', token.hash, T0 + HOUR)).resolves.toBe('gone');
    await expect(register('other', 'nobody')).resolves.toBe('gone');
    const race = await Promise.all(['a', 'b', 'c'].map((id) => register(id)));
    expect(race.toSorted()).toEqual(['done', 'done', 'gone']);
    await expect(at.store.operators.registrationToken(token.hash, T0)).resolves.toBeUndefined();
    await expect(at.store.operators.registrationTokens({ limit: 10 })).resolves.toEqual([{ ...token, usesLeft: 0 }]);
    const [known] = await at.store.clients.all();
    expect(known).toMatchObject({ source: 'registration', registrationHash: `of ${known?.clientId}` });
    await expect(register(known?.clientId ?? '')).resolves.toBe('taken');
    const open = { clientId: 'open', state: 'active', source: 'registration', sealed: 'v1.', updatedAt: T0 } as const;
    await expect(at.store.clients.register(open, undefined, anAuditEntry())).resolves.toBe('done');
    await expect(at.store.operators.revokeRegistrationToken(token.id, anAuditEntry())).resolves.toBe(true);
    await expect(at.store.operators.revokeRegistrationToken(token.id, anAuditEntry())).resolves.toBe(false);
    await at.store.operators.addRegistrationToken({ ...token, id: 'old' }, anAuditEntry());
    await expect(at.store.operators.registrationTokens({ limit: 1, after: 'old' })).resolves.toEqual([]);
    await expect(at.store.operators.removeExpiredTokens(T0 + HOUR, 10)).resolves.toBe(1);
  });

  it('keeps tokens as hashes with what they may, until they are revoked or their time is over', async () => {
    const [one, other] = [await newAccount(at.store), await newAccount(at.store)];
    await give(one.id, 'operator');
    const tokens = [0, 1, 2].map((n) => anAccessToken({ accountId: n === 1 ? other.id : one.id, createdAt: T0 + n }));
    for (const token of tokens) await at.store.operators.addToken(token, anAuditEntry());
    const [first, second, third] = tokens;
    await expect(at.store.operators.tokenByHash(first?.hash ?? '', T0)).resolves.toEqual({
      ...first,
      role: 'operator',
    });
    await expect(at.store.operators.tokenByHash(second?.hash ?? '', T0)).resolves.toBeUndefined();
    await expect(at.store.operators.tokenByHash('nobody', T0)).resolves.toBeUndefined();
    await expect(at.store.operators.tokens(undefined, { limit: 2 })).resolves.toEqual([first, second]);
    const page = { limit: 2, after: first?.id ?? '' };
    await expect(at.store.operators.tokens(undefined, page)).resolves.toEqual([second, third]);
    await expect(at.store.operators.tokens(one.id, page)).resolves.toEqual([third]);
    await expect(at.store.operators.revokeToken(first?.id ?? '', anAuditEntry())).resolves.toBe(true);
    await expect(at.store.operators.revokeToken(first?.id ?? '', anAuditEntry())).resolves.toBe(false);
    await expect(at.store.operators.tokenByHash(first?.hash ?? '', T0)).resolves.toBeUndefined();
    await expect(at.store.operators.tokenByHash(third?.hash ?? '', T0 + HOUR)).resolves.toBeUndefined();
    await expect(at.store.operators.removeExpiredTokens(T0 + HOUR, 1)).resolves.toBe(1);
    await expect(at.store.operators.removeExpiredTokens(T0 + HOUR, 10)).resolves.toBe(1);
  });
}
