/** Many sessions or participations of one account. */
import type { NewParticipation, Store } from '../../src/store/store.ts';
import { aCodeOf, anOpening, aParticipation, aSessionWrite, newAccount, unique } from './builders.ts';

export interface Crowd {
  readonly accountId: string;
  readonly participations: readonly NewParticipation[];
}

export async function crowdInOneSession(store: Store, count: number): Promise<Crowd & { readonly uid: string }> {
  const { id: accountId } = await newAccount(store);
  const uid = unique('uid');
  await store.sessions.save(aSessionWrite({ uid, opening: anOpening({ accountId }) }));
  const participations = Array.from({ length: count }, (_, n) =>
    aParticipation({ sessionUid: uid, accountId, clientId: `app-${n}` }),
  );
  await inBatches(participations, (each) => store.sessions.join(each, aCodeOf(each), undefined));
  return { accountId, uid, participations };
}

/** As many sessions of one account, each with the same app inside. */
export async function crowdOfSessions(store: Store, count: number): Promise<Crowd> {
  const { id: accountId } = await newAccount(store);
  const opening = anOpening({ accountId });
  const participations = Array.from({ length: count }, () => aParticipation({ sessionUid: unique('uid'), accountId }));
  await inBatches(participations, async (each) => {
    const session = aSessionWrite({ uid: each.sessionUid, opening });
    await store.sessions.join(each, aCodeOf(each), opening, { artifacts: [], session });
  });
  return { accountId, participations };
}

async function inBatches<Row>(rows: readonly Row[], act: (row: Row) => Promise<unknown>): Promise<void> {
  const left = [...rows];
  while (left.length > 0) await Promise.all(left.splice(0, 50).map(act));
}
