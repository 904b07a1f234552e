import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { HOUR } from '../../support/builders.ts';
import { claimsOf, createPerson, type Rig, startRig } from './rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ clients: [{ client_id: 'a', party: 'first', max_session: '8h' }] });
});
afterAll(() => rig.close());

const user = { reason: 'user', actor: { kind: 'user' } } as const;

async function deliveryOf(sid: string) {
  const [delivery] = (await rig.store.deliveries.list({}, { limit: 9 })).filter((one) => one.sid === sid);
  return delivery;
}

describe('an app whose own session is over before ours (max_session)', () => {
  it('is told nothing more: its session has run out', async () => {
    const account = await rig.account();
    const { sid } = claimsOf((await createPerson(rig, account).signIn('a')).id_token);
    rig.clock.advance(8 * HOUR);
    await rig.endSessions({ kind: 'account', accountId: account.id }, user);
    expect(await deliveryOf(String(sid))).toMatchObject({ state: 'moot' });
  });

  it('is told again once it has signed the person in anew, with the same sid', async () => {
    const account = await rig.account();
    const person = createPerson(rig, account);
    const { sid } = claimsOf((await person.signIn('a')).id_token);
    rig.clock.advance(7 * HOUR);
    const again = await person.signIn('a', { prompt: 'none' });
    expect(claimsOf(again.id_token)['sid']).toBe(sid);
    rig.clock.advance(2 * HOUR);
    const endedAt = rig.clock.now();
    await rig.endSessions({ kind: 'account', accountId: account.id }, user);
    const delivery = await deliveryOf(String(sid));
    expect(delivery?.state).toBe('trying');
    expect(Math.abs((delivery?.deadline.at ?? 0) - (endedAt + 6 * HOUR))).toBeLessThan(10_000);
  });
});
