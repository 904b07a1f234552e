import { expect } from '@jest/globals';
import type { Store } from '../../src/store/store.ts';
import { aCodeOf, aParticipation, HOUR, planAll, T0 } from '../support/builders.ts';

/** When apps of the older store were cut off. */
export const CUT_OFF_AT = T0 + HOUR;

/**
 * What a store of the first schema is filled with: one live session `session` of the active account `alice`. Everybody was
 * cut off from `wiki`, alice from `chat`, each by a logout of that name that is being walked; of the apps of the session
 * some began before (`old-…`) and some after (`new-…`), each with a Grant `grant-of-…`.
 */
export const APPS = [
  { sid: 'old-wiki', clientId: 'wiki', startedAt: CUT_OFF_AT },
  { sid: 'new-wiki', clientId: 'wiki', startedAt: CUT_OFF_AT + 1 },
  { sid: 'old-chat', clientId: 'chat', startedAt: CUT_OFF_AT },
  { sid: 'new-chat', clientId: 'chat', startedAt: CUT_OFF_AT + 1 },
  { sid: 'old-mail', clientId: 'mail', startedAt: T0 },
] as const;

/** What must be true of it once this program has opened it. */
export async function cutOffsHold(store: Store): Promise<void> {
  const isLive = async (sid: string) =>
    (await store.provider.find('Grant', `grant-of-${sid}`, CUT_OFF_AT)) !== undefined;
  const joins = async (sid: string, clientId: string) => {
    const again = aParticipation({ sid, clientId, sessionUid: 'session', accountId: 'alice' });
    return (await store.sessions.join(again, aCodeOf(again), undefined)) === 'joined';
  };
  for (const { sid, clientId } of APPS) {
    const lives = sid !== 'old-wiki' && sid !== 'old-chat';
    expect([sid, await isLive(sid), await joins(sid, clientId)]).toEqual([sid, lives, lives]);
  }
  for (const logoutId of ['wiki', 'chat']) {
    while ((await store.sessions.continueEnd(logoutId, { keepsOffline: () => false, plan: planAll() })) === 'more');
    const told = await store.deliveries.list({ logoutId }, { limit: 10 });
    expect(told.map(({ sid }) => sid)).toEqual([`old-${logoutId}`]);
  }
  await expect(store.sessions.findByUid('session')).resolves.toMatchObject({ signedOffClients: [] });
  await expect(
    store.sessions.end(
      'again',
      { kind: 'client', clientId: 'wiki' },
      { reason: 'operator', actor: { kind: 'operator' }, keepsOffline: () => true },
      CUT_OFF_AT,
      planAll(),
    ),
  ).resolves.toMatchObject({ kind: 'ended' });
  const told = await store.deliveries.list({ logoutId: 'again' }, { limit: 10 });
  expect(told.map(({ sid }) => sid)).toEqual(['new-wiki']);
}
