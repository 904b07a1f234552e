import { describe, expect, it } from '@jest/globals';
import { GIVE_UP_AFTER_MS, planDeliveries, type TellableClient } from '../../../src/logout/plan-deliveries.ts';
import type { Participation } from '../../../src/sessions/session.ts';

const AT = 1_000_000_000;

function aParticipation(clientId: string, startedAt = AT - 1000): Participation {
  return {
    sid: `sid-${clientId}-${startedAt}`,
    sessionUid: 'session',
    clientId,
    accountId: 'account',
    sub: 'sub',
    grantId: 'grant',
    startedAt,
    renewedAt: startedAt,
    endedAt: undefined,
    logoutId: undefined,
  };
}

function plan(clients: Record<string, TellableClient>, ...ended: Participation[]) {
  return planDeliveries((id) => clients[id], { at: AT, reasonOf: () => 'user' })(ended);
}

describe('who must be told', () => {
  it('the participation that its app asked to end is marked, and no other of that app', () => {
    const clients = { wiki: { backchannel_logout_uri: 'https://wiki.example/out' } };
    const [here, there] = [aParticipation('wiki', AT - 2), aParticipation('wiki', AT - 1)];
    const plans = planDeliveries((id) => clients[id as 'wiki'], { at: AT, reasonOf: () => 'user', askedSid: here.sid })(
      [here, there],
    );
    expect(plans.map(({ sid, asked }) => [sid, asked])).toEqual([
      [here.sid, true],
      [there.sid, false],
    ]);
  });

  it('an app that takes one token for a person gets one, where all of the person ends, and else one for each', () => {
    const clients = { wiki: { backchannel_logout_uri: 'https://wiki.example/out', logout: { merge: 'sub' } } } as const;
    const both = [aParticipation('wiki', AT - 2), aParticipation('wiki', AT - 1)];
    const someoneElse = { ...aParticipation('wiki', AT - 3), accountId: 'other' };
    const of = (whole: boolean) =>
      planDeliveries((id) => clients[id as 'wiki'], { at: AT, reasonOf: () => 'everybody', whole })([
        ...both,
        someoneElse,
      ]);
    expect(of(true).map(({ sid, merged }) => [sid, merged])).toEqual([
      [both[0]?.sid, true],
      [someoneElse.sid, true],
    ]);
    expect(of(false).map(({ merged }) => merged)).toEqual([undefined, undefined, undefined]);
  });

  it('an app with an address: until 24 hours are over', () => {
    expect(
      plan({ wiki: { backchannel_logout_uri: 'https://wiki.example:8443/out?x=1' } }, aParticipation('wiki')),
    ).toEqual([
      {
        sid: `sid-wiki-${AT - 1000}`,
        state: 'trying',
        origin: 'https://wiki.example:8443',
        asked: false,
        deadline: { at: AT + GIVE_UP_AFTER_MS, becomes: 'given-up' },
      },
    ]);
  });

  it('an app without an address cannot be told, and is listed all the same', () => {
    expect(plan({ payroll: {} }, aParticipation('payroll'))[0]).toMatchObject({ state: 'cannot-be-told' });
  });

  it('N sessions of a user at an app are N deliveries, each with its own sid', () => {
    const clients = { wiki: { backchannel_logout_uri: 'https://wiki.example/out' } };
    const planned = plan(clients, aParticipation('wiki', 1), aParticipation('wiki', 2), aParticipation('wiki', 3));
    expect(new Set(planned.map(({ sid }) => sid)).size).toBe(3);
  });

  it('an app with a declared longest session is told until that is over, then it is moot', () => {
    const clients = { wiki: { backchannel_logout_uri: 'https://wiki.example/out', max_session: 5000 } };
    expect(plan(clients, aParticipation('wiki', AT - 1000))[0]).toMatchObject({
      state: 'trying',
      deadline: { at: AT + 4000, becomes: 'moot' },
    });
    expect(plan(clients, aParticipation('wiki', AT - 5000))[0]).toMatchObject({ state: 'moot' });
    const renewed = { ...aParticipation('wiki', AT - 9000), renewedAt: AT - 2000 };
    expect(plan(clients, renewed)[0]).toMatchObject({ state: 'trying', deadline: { at: AT + 3000 } });
  });

  it('an app this process does not know yet is kept trying, never dropped', () => {
    expect(plan({}, aParticipation('new'))[0]).toMatchObject({ state: 'trying' });
  });
});
