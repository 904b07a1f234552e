import { type Db, MongoClient } from 'mongodb';
import type { AccountDoc } from '../src/store/mongo/account-documents.ts';
import type { DeliveryDoc, LogoutDoc } from '../src/store/mongo/delivery-documents.ts';
import type { ArtifactDoc } from '../src/store/mongo/documents.ts';
import type { ParticipationDoc, SessionDoc } from '../src/store/mongo/session-documents.ts';
import { DAY, HOUR } from '../test/support/builders.ts';
import { APPS, type Crowd, GIVEN_UP_EVERY, MONTH_MS, POPULAR, SESSION_MS, SPREAD, TRYING_EVERY } from './crowd.ts';

const BATCH = 5_000;

/** Fills the store at `url`, whose collections are there. */
export async function crowdMongo(url: string, crowd: Crowd): Promise<void> {
  const client = new MongoClient(url, { ignoreUndefined: true });
  const rows = rowsOf(crowd);
  const db = client.db();
  await insert<AccountDoc>(db, 'accounts', crowd.accounts, rows.account);
  await insert<SessionDoc>(db, 'sessions', crowd.sessions, rows.session);
  await insert<ParticipationDoc>(db, 'participations', crowd.participations, rows.participation);
  await insert<ArtifactDoc>(db, 'artifacts', crowd.grants, rows.grant);
  await insert<LogoutDoc>(db, 'logouts', crowd.ended, rows.logout);
  await insert<DeliveryDoc>(db, 'deliveries', crowd.deliveries, rows.delivery);
  await client.close();
}

async function insert<Doc extends { readonly _id: string }>(
  db: Db,
  name: string,
  count: number,
  row: (n: number) => Doc,
): Promise<void> {
  for (let from = 0; from < count; from += BATCH) {
    const batch = Array.from({ length: Math.min(BATCH, count - from) }, (_, n) => row(from + n));
    await db.collection<{ _id: string }>(name).insertMany(batch, { ordered: false });
  }
}

function id(prefix: string, n: number): string {
  return `${prefix}-${((n * SPREAD) % 2 ** 32).toString(16).padStart(8, '0')}`;
}

function appOf(n: number): string {
  return n % 3 === 0 ? POPULAR : `app-${(n * 7) % APPS}`;
}

function rowsOf(crowd: Crowd) {
  const startOf = (n: number) => crowd.beginning + Math.floor((n * MONTH_MS) / crowd.sessions);
  const accountOf = (n: number) => `account-${n % crowd.accounts}`;
  const endOf = (n: number) => ({ endedAt: startOf(n) + SESSION_MS, logoutId: id('logout', n) });
  const generation = { account: 0, realm: 0 };
  return {
    account: (n: number): AccountDoc => ({
      _id: `account-${n}`,
      username: `account-${n}`,
      usernameKey: `account-${n}`,
      state: 'active',
      generation: 0,
      claims: '{}',
      passwordHash: 'none',
      createdAt: crowd.beginning,
      passwordChangedAt: crowd.beginning,
      starts: 0,
    }),
    session: (n: number): SessionDoc => ({
      _id: id('uid', n),
      accountId: accountOf(n),
      generation,
      device: { name: 'Firefox on Linux', key: id('device', n) },
      startedAt: startOf(n),
      lastSeenAt: startOf(n),
      idleMs: 12 * HOUR,
      expiresAt: crowd.now + 14 * DAY,
      writes: 0,
      ...(n < crowd.ended
        ? { state: 'ended', ...endOf(n) }
        : {
            state: 'live',
            dueAt: crowd.now + 14 * DAY,
            cookies: [{ hash: id('cookie', n) }],
            payload: '{}',
            authorizations: '{}',
          }),
    }),
    participation(m: number): ParticipationDoc {
      const n = Math.floor(m / 3);
      const startedAt = startOf(n);
      const of = { sessionUid: id('uid', n), clientId: appOf(m), accountId: accountOf(n), sub: accountOf(n) };
      const state = n < crowd.ended ? ({ state: 'ended', ...endOf(n) } as const) : ({ state: 'live' } as const);
      const times = { startedAt, renewedAt: startedAt, sessionStartedAt: startedAt };
      return { _id: id('sid', m), ...of, grantId: id('grant', n), ...times, ...state };
    },
    grant: (n: number): ArtifactDoc => ({
      _id: `Grant ${id('grant', n)}`,
      model: 'Grant',
      sealedPayload: 'sealed',
      grantId: id('grant', n),
      accountId: accountOf(n),
      clientId: POPULAR,
      bound: false,
      generation,
      createdAt: startOf(n),
      expiresAt: crowd.now + 60 * DAY,
    }),
    logout: (n: number): LogoutDoc => ({
      _id: id('logout', n),
      target: { kind: 'session', uid: id('uid', n) },
      reason: 'user',
      actor: { kind: 'user' },
      at: startOf(n) + SESSION_MS,
      accountId: accountOf(n),
      sessionsEnded: 1,
    }),
    delivery(k: number): DeliveryDoc {
      const n = k % crowd.ended;
      const isTried = k % TRYING_EVERY === 0;
      const at = startOf(n) + SESSION_MS;
      return {
        _id: id('delivery', k),
        logoutId: id('logout', n),
        clientId: appOf(k),
        accountId: accountOf(n),
        sessionUid: id('uid', n),
        sid: id('delivery', k),
        sub: accountOf(n),
        state: isTried ? 'trying' : k % GIVEN_UP_EVERY === 1 ? 'given-up' : 'told',
        origin: isTried ? 'https://sick.test' : `https://${appOf(k)}.test`,
        createdAt: at,
        attempts: 1,
        refusals: 0,
        backoffMs: 0,
        ...(isTried && { nextAttemptAt: crowd.muchLater, readyAt: crowd.muchLater }),
        lastAttemptAt: at,
        lastStatus: 200,
        deadline: { at: crowd.muchLater, becomes: 'given-up' },
        log: [],
      };
    },
  };
}
