import { describe, expect, it } from '@jest/globals';
import {
  aCause,
  aCodeOf,
  aGrantOf,
  anArtifact,
  anOpening,
  aParticipation,
  aSessionWrite,
  HOUR,
  MINUTE,
  newAccount,
  planAll,
  signIn,
  T0,
  unique,
} from '../../support/builders.ts';
import { type MakePlace, sharedStore } from './fixture.ts';

export function joiningSuite(make: MakePlace): void {
  const at = sharedStore(make);
  const end = (target: Parameters<typeof at.store.sessions.end>[1], instant = T0 + HOUR) =>
    at.store.sessions.end(unique('logout'), target, aCause(), instant, planAll());

  async function refuses(...[participation, code, opening, along]: Parameters<typeof at.store.sessions.join>) {
    const { sid, sessionUid } = participation;
    const before = await at.store.sessions.participation(sid);
    const session = await at.store.sessions.get(sessionUid);
    await expect(at.store.sessions.join(participation, code, opening, along)).resolves.toBe('ended');
    await expect(at.store.sessions.participation(sid)).resolves.toEqual(before);
    await expect(at.store.sessions.get(sessionUid)).resolves.toEqual(session);
    for (const { model, idHash } of [code, ...(along?.artifacts ?? [])]) {
      await expect(at.store.provider.find(model, idHash, T0)).resolves.toBeUndefined();
    }
  }

  it('makes an arriving session that nobody finds until it is saved', async () => {
    const { id: accountId } = await newAccount(at.store);
    const participation = aParticipation({ sessionUid: unique('uid'), accountId });
    const { sessionUid: uid } = participation;
    const opening = anOpening({ accountId });
    await expect(at.store.sessions.join(participation, aCodeOf(participation), opening)).resolves.toBe('joined');
    await expect(at.store.sessions.get(uid)).resolves.toMatchObject({ session: { state: 'arriving', accountId } });
    await expect(at.store.sessions.findByUid(uid)).resolves.toBeUndefined();
    await expect(at.store.sessions.save(aSessionWrite({ uid }))).resolves.toBe('ended');
    await expect(at.store.sessions.save(aSessionWrite({ uid, opening }))).resolves.toBe('saved');
    await expect(at.store.sessions.get(uid)).resolves.toMatchObject({
      session: { state: 'live' },
      participations: [{ sid: participation.sid }],
    });
  });

  it('stores the code with the participation', async () => {
    const { uid, accountId } = await signIn(at.store);
    const participation = aParticipation({ sessionUid: uid, accountId, clientId: 'mail' });
    const code = aCodeOf(participation);
    await expect(at.store.sessions.join(participation, code, undefined)).resolves.toBe('joined');
    await expect(at.store.provider.find(code.model, code.idHash, T0)).resolves.toMatchObject({ sessionUid: uid });
  });

  it('leaves a participation as it is when its sid comes again, but for when it was renewed', async () => {
    const { uid, accountId, participations } = await signIn(at.store);
    const sid = participations[0]?.sid ?? '';
    const again = aParticipation({ sid, sessionUid: uid, accountId, startedAt: T0 + HOUR, grantId: 'another' });
    const code = aCodeOf(again);
    await expect(at.store.sessions.join(again, code, undefined)).resolves.toBe('joined');
    const renewed = { ...participations[0], renewedAt: T0 + HOUR };
    await expect(at.store.sessions.participation(sid)).resolves.toMatchObject(renewed);
    await expect(at.store.provider.find(code.model, code.idHash, T0)).resolves.toBeDefined();
    const late = aParticipation({ sid, sessionUid: uid, accountId, startedAt: T0 + 1 });
    await expect(at.store.sessions.join(late, aCodeOf(late), undefined)).resolves.toBe('joined');
    await expect(at.store.sessions.participation(sid)).resolves.toMatchObject(renewed);
  });

  it('needs a session or an opening', async () => {
    const { id: accountId } = await newAccount(at.store);
    const participation = aParticipation({ sessionUid: unique('uid'), accountId });
    await refuses(participation, aCodeOf(participation), undefined);
  });

  it('refuses an ended session', async () => {
    const { uid, accountId } = await signIn(at.store);
    await end({ kind: 'session', uid });
    const participation = aParticipation({ sessionUid: uid, accountId, clientId: 'mail' });
    await refuses(participation, aCodeOf(participation), anOpening({ accountId }));
  });

  it('refuses a sid that signed off, and takes a new one of the same app', async () => {
    const { uid, accountId, participations } = await signIn(at.store);
    const [old] = participations;
    if (!old) throw new Error('nobody signed in');
    await end({ kind: 'participation', sid: old.sid });
    await refuses(old, aCodeOf(old), undefined);
    const anew = aParticipation({ sessionUid: uid, accountId });
    await expect(at.store.sessions.join(anew, aCodeOf(anew), undefined)).resolves.toBe('joined');
    await expect(at.store.sessions.findByUid(uid)).resolves.toMatchObject({ signedOffClients: [] });
  });

  it('refuses a sign-in that was verified before "everywhere"', async () => {
    const { id: accountId } = await newAccount(at.store);
    const opening = anOpening({ accountId });
    await end({ kind: 'account', accountId });
    const participation = aParticipation({ sessionUid: unique('uid'), accountId });
    await refuses(participation, aCodeOf(participation), opening);
    await expect(at.store.sessions.get(participation.sessionUid)).resolves.toBeUndefined();
  });

  it('refuses a client that was cut off since the grant was made, and takes one that came after', async () => {
    const { uid, accountId } = await signIn(at.store, { clients: ['mail'] });
    const clientId = unique('client');
    const before = aParticipation({ sessionUid: uid, accountId, clientId, startedAt: T0 + 2 * HOUR });
    await at.store.provider.save(aGrantOf(before));
    await end({ kind: 'client', clientId }, T0 + HOUR);
    await refuses(before, aCodeOf(before), undefined);
    const after = aParticipation({ sessionUid: uid, accountId, clientId, startedAt: T0 });
    await at.store.provider.save(aGrantOf(after));
    await expect(at.store.sessions.join(after, aCodeOf(after), undefined)).resolves.toBe('joined');
  });

  it('refuses a client that was removed, whatever a process that has not heard of it believes', async () => {
    const { uid, accountId } = await signIn(at.store, { clients: ['mail'] });
    const clientId = unique('client');
    const record = { clientId, state: 'active', source: 'file', sealed: 'v1.client', updatedAt: T0 } as const;
    await at.store.clients.save([record]);
    const target = { kind: 'client', clientId } as const;
    const cause = aCause({ reason: 'client-removed' });
    await at.store.sessions.end(unique('logout'), target, cause, T0 + HOUR, planAll());
    const after = aParticipation({ sessionUid: uid, accountId, clientId, startedAt: T0 + 2 * HOUR });
    await refuses(after, aCodeOf(after), undefined);
    await at.store.clients.save([record]);
    await at.store.provider.save(aGrantOf(after));
    await expect(at.store.sessions.join(after, aCodeOf(after), undefined)).resolves.toBe('joined');
  });

  describe('with what a sign-in writes besides', () => {
    it('makes the session live at once, with its Grant and all else', async () => {
      const { id: accountId } = await newAccount(at.store);
      const participation = aParticipation({ sessionUid: unique('uid'), accountId });
      const { sessionUid: uid, sid, clientId } = participation;
      const opening = anOpening({ accountId });
      const session = aSessionWrite({ uid, opening, authorizations: { [clientId]: { sid } } });
      const artifacts = [aGrantOf(participation), anArtifact({ model: 'Interaction' })];
      const joined = at.store.sessions.join(participation, aCodeOf(participation), opening, { artifacts, session });
      await expect(joined).resolves.toBe('joined');
      await expect(at.store.sessions.findByCookie(session.cookieHash, T0)).resolves.toMatchObject({
        session: { uid, accountId, state: 'live', startedAt: opening.startedAt },
        payload: session.payload,
        authorizations: session.authorizations,
      });
      await expect(at.store.sessions.get(uid)).resolves.toMatchObject({ participations: [{ sid }] });
      for (const { model, idHash } of artifacts) {
        await expect(at.store.provider.find(model, idHash, T0)).resolves.toMatchObject({ model });
      }
    });

    it('saves a session that lives, as it would be saved alone', async () => {
      const { uid, accountId, cookieHash, participations } = await signIn(at.store);
      const mail = aParticipation({ sessionUid: uid, accountId, clientId: 'mail' });
      const authorized = { mail: { sid: mail.sid } };
      const given = { cookieHash: unique('cookie'), now: T0 + MINUTE, authorizations: authorized };
      const session = aSessionWrite({ uid, ...given });
      const joined = at.store.sessions.join(mail, aCodeOf(mail), undefined, { artifacts: [], session });
      await expect(joined).resolves.toBe('joined');
      const found = await at.store.sessions.findByCookie(session.cookieHash, T0 + MINUTE);
      const authorizations = { wiki: { sid: participations[0]?.sid }, mail: { sid: mail.sid } };
      expect(found).toMatchObject({ session: { uid, lastSeenAt: T0 + MINUTE }, authorizations });
      // Retired a moment ago.
      await expect(at.store.sessions.findByCookie(cookieHash, T0 + 2 * MINUTE)).resolves.toMatchObject(found ?? {});
      await expect(at.store.sessions.findByCookie(cookieHash, T0 + 3 * MINUTE)).resolves.toBeUndefined();
    });

    it('completes a session that was arriving', async () => {
      const { id: accountId } = await newAccount(at.store);
      const opening = anOpening({ accountId });
      const first = aParticipation({ sessionUid: unique('uid'), accountId });
      await at.store.sessions.join(first, aCodeOf(first), opening);
      const second = aParticipation({ sessionUid: first.sessionUid, accountId, clientId: 'mail' });
      const session = aSessionWrite({ uid: first.sessionUid, opening });
      const joined = at.store.sessions.join(second, aCodeOf(second), opening, { artifacts: [], session });
      await expect(joined).resolves.toBe('joined');
      await expect(at.store.sessions.get(first.sessionUid)).resolves.toMatchObject({
        session: { state: 'live' },
        participations: [{ sessionUid: first.sessionUid }, { sessionUid: first.sessionUid }],
      });
    });

    it('says when the session was saved under an id that is retired', async () => {
      const { uid, accountId, cookieHash } = await signIn(at.store);
      const current = aSessionWrite({ uid, cookieHash: unique('cookie') });
      await at.store.sessions.save(current);
      const slow = aParticipation({ sessionUid: uid, accountId, clientId: 'mail' });
      const session = aSessionWrite({ uid, cookieHash, authorizations: { mail: { sid: slow.sid } } });
      const joined = at.store.sessions.join(slow, aCodeOf(slow), undefined, { artifacts: [], session });
      await expect(joined).resolves.toBe('merged');
      await expect(at.store.sessions.findByCookie(current.cookieHash, T0 + HOUR)).resolves.toMatchObject({
        authorizations: { mail: { sid: slow.sid } },
      });
    });

    it('writes nothing of it when the session, the account or the app is dead', async () => {
      const { uid, accountId, participations } = await signIn(at.store);
      const [old] = participations;
      if (!old) throw new Error('nobody signed in');
      const session = aSessionWrite({ uid, payload: { loginTs: 7 } });
      await end({ kind: 'participation', sid: old.sid });
      await refuses(old, aCodeOf(old), undefined, { artifacts: [anArtifact({ model: 'Interaction' })], session });
      await end({ kind: 'session', uid });
      const late = aParticipation({ sessionUid: uid, accountId, clientId: 'mail' });
      await refuses(late, aCodeOf(late), undefined, { artifacts: [aGrantOf(late)], session });
      const opening = anOpening({ accountId });
      await end({ kind: 'account', accountId });
      const stale = aParticipation({ sessionUid: unique('uid'), accountId });
      const first = aSessionWrite({ uid: stale.sessionUid, opening });
      await refuses(stale, aCodeOf(stale), opening, { artifacts: [aGrantOf(stale)], session: first });
    });

    it('takes a Grant that is made with it although its client was once cut off, and not one that was made before', async () => {
      const { uid, accountId } = await signIn(at.store, { clients: ['mail'] });
      const clientId = unique('client');
      const before = aParticipation({ sessionUid: uid, accountId, clientId });
      await at.store.provider.save(aGrantOf(before));
      await end({ kind: 'client', clientId });
      await refuses(before, aCodeOf(before), undefined, { artifacts: [], session: undefined });
      const anew = aParticipation({ sessionUid: uid, accountId, clientId });
      const grant = aGrantOf(anew);
      const joined = at.store.sessions.join(anew, aCodeOf(anew), undefined, { artifacts: [grant], session: undefined });
      await expect(joined).resolves.toBe('joined');
      await expect(at.store.provider.find('Grant', grant.idHash, T0)).resolves.toBeDefined();
      await end({ kind: 'client', clientId });
      await expect(at.store.provider.find('Grant', grant.idHash, T0)).resolves.toBeUndefined();
    });
  });
}
