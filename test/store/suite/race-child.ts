/** A second process on the same store. Started by `startChild`; does what it is told and answers by message. */
import type { EndTarget } from '../../../src/logout/logout.ts';
import type { Store } from '../../../src/store/store.ts';
import {
  aCause,
  aClaim,
  aCodeOf,
  aGrantOf,
  anArtifact,
  anOpening,
  aParticipation,
  HOUR,
  newAccount,
  planAll,
  signIn,
  T0,
} from '../../support/builders.ts';
import { openStoreAt } from '../../support/stores.ts';

const ACTS = {
  /** Joins apps one after the other until it was refused; answers the sids that are in. */
  async join(store: Store, { uid, accountId, count }: { uid: string; accountId: string; count: number }) {
    const joined: string[] = [];
    for (let n = 0; n < count; n++) {
      const participation = aParticipation({ sessionUid: uid, accountId, clientId: `app-${process.pid}-${n}` });
      const answer = await store.sessions.join(participation, aCodeOf(participation), undefined);
      if (answer === 'joined') joined.push(participation.sid);
      if (n === 5) process.send?.({ kind: 'under way' });
    }
    return joined;
  },

  /** Signs in at one app again and again, each time with a grant of its own; answers the sids that are in, in turn. */
  async comeBack(
    store: Store,
    facts: { uid: string; accountId: string; clientId: string; count: number; startedAt: number },
  ) {
    const joined: string[] = [];
    for (let n = 0; n < facts.count; n++) {
      const participation = aParticipation({ ...facts, sessionUid: facts.uid });
      await store.provider.save(aGrantOf(participation));
      const answer = await store.sessions.join(participation, aCodeOf(participation), undefined);
      if (answer === 'joined') joined.push(participation.sid);
      if (n === 5) process.send?.({ kind: 'under way' });
    }
    return joined;
  },

  async end(store: Store, { id, target }: { id: string; target: EndTarget }) {
    const result = await store.sessions.end(id, target, aCause(), T0 + HOUR, planAll());
    return result.kind;
  },

  /** Claims until nothing is left; answers the ids. */
  async claimAll(store: Store, { processId }: { processId: string }) {
    const ids: string[] = [];
    for (;;) {
      const { deliveries } = await store.deliveries.claim(aClaim({ limit: 7, processId }));
      if (deliveries.length === 0) return ids;
      ids.push(...deliveries.map((delivery) => delivery.id));
    }
  },

  async consume(store: Store, { idHashes }: { idHashes: readonly string[] }) {
    const first: string[] = [];
    for (const idHash of idHashes) {
      if (await store.provider.consume('AuthorizationCode', idHash, T0)) first.push(idHash);
    }
    return first;
  },

  /** Writes as fast as it can; answers how often. */
  async write(store: Store, { count }: { count: number }) {
    for (let n = 0; n < count; n++) await store.provider.save(anArtifact());
    return count;
  },

  /** Signs in and ends, telling the parent of each end that was answered, until it is killed. */
  async endUntilKilled(store: Store) {
    const { id: accountId } = await newAccount(store);
    for (let n = 0; ; n++) {
      const { uid, participations } = await signIn(store, { accountId, clients: ['wiki', 'mail'] });
      const id = `logout-${process.pid}-${n}`;
      await store.sessions.end(id, { kind: 'session', uid }, aCause(), T0 + HOUR, planAll());
      process.send?.({ kind: 'under way', facts: { id, uid, sids: participations.map((each) => each.sid) } });
    }
  },

  async establish(store: Store, { issuer }: { issuer: string }) {
    const first = { issuer, keyId: 'key', sealedCheck: issuer, sealedCookieKeys: issuer, signingKeys: [] };
    return (await store.keys.establish(first)).issuer;
  },

  async start(store: Store, { uid, accountId }: { uid: string; accountId: string }) {
    const participation = aParticipation({ sessionUid: uid, accountId });
    return store.sessions.join(participation, aCodeOf(participation), anOpening({ accountId }));
  },
} as const;

export type ActName = keyof typeof ACTS;

const [url] = process.argv.slice(2);
if (url !== undefined && process.send) {
  const store = await openStoreAt(url);
  process.on('message', ({ act, facts }: { act: ActName; facts: never }) => {
    const answer = (message: object) => process.send?.(message);
    ACTS[act](store, facts).then(
      (result) => answer({ kind: 'done', result }),
      (error) => answer({ kind: 'failed', reason: `${error?.stack} ${error?.cause?.stack ?? ''}` }),
    );
  });
  process.on('disconnect', () => void store.close());
  process.send({ kind: 'open' });
}
