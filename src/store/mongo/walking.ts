import type { ClientSession, Filter } from 'mongodb';
import type { DeliveryPlan } from '../../deliveries/delivery.ts';
import type { EndCause } from '../../logout/logout.ts';
import type { PlanDeliveries } from '../store.ts';
import type { MongoParts } from './collections.ts';
import { type DeliveryDoc, type LogoutDoc, type ParticipationDoc, toParticipation } from './documents.ts';
import { revokeEnded } from './revoking.ts';

/** Participations of one write. */
const SLICE = 1_000;

interface Walked {
  readonly found: number;
  readonly more: boolean;
}

/** What a walk needs to know besides its rows. */
interface Walk {
  readonly logout: LogoutDoc;
  readonly keepsOffline: EndCause['keepsOffline'];
  readonly plan: PlanDeliveries;
}

/** Ends up to 1,000 participations among `which`, makes their deliveries, removes their grants. */
export async function walkSlice(
  parts: MongoParts,
  { logout, keepsOffline, plan }: Walk,
  which: Filter<ParticipationDoc>,
  tx: ClientSession,
): Promise<Walked> {
  const rows = await parts.participations
    .find(which, { session: tx })
    .sort({ startedAt: 1 })
    .limit(SLICE + 1)
    .toArray();
  const slice = rows.slice(0, SLICE).map((row) => ({ ...row, endedAt: logout.at, logoutId: logout._id }));
  if (slice.length === 0) return { found: 0, more: false };
  const ended = { state: 'ended', endedAt: logout.at, logoutId: logout._id } as const;
  await parts.participations.updateMany(
    { _id: { $in: slice.map(({ _id }) => _id) } },
    { $set: ended },
    { session: tx },
  );
  await insertDeliveries(parts, logout, slice, plan(slice.map(toParticipation)), tx);
  await revokeOf(parts, logout, slice, keepsOffline, tx);
  return { found: slice.length, more: rows.length > SLICE };
}

/** Grants of a whole account went with its barrier. Tokens that outlive their session do so when a session ends, only. */
async function revokeOf(
  parts: MongoParts,
  { target }: LogoutDoc,
  slice: readonly ParticipationDoc[],
  keepsOffline: EndCause['keepsOffline'],
  tx: ClientSession,
): Promise<void> {
  if (target.kind === 'session') await revokeEnded(parts, slice, keepsOffline, tx);
  if (target.kind === 'client') await revokeEnded(parts, slice, () => false, tx);
}

async function insertDeliveries(
  { deliveries }: MongoParts,
  logout: LogoutDoc,
  slice: readonly ParticipationDoc[],
  plans: readonly DeliveryPlan[],
  tx: ClientSession,
): Promise<void> {
  const bySid = new Map(slice.map((row) => [row._id, row]));
  const rows = plans.map((plan) => {
    const participation = bySid.get(plan.sid);
    if (!participation) throw new RangeError('a delivery was planned for a participation that did not end');
    return newDelivery(logout, participation, plan);
  });
  if (rows.length > 0) await deliveries.insertMany(rows, { session: tx });
}

/** A participation ends once, so its `sid` names its delivery. What cannot or need not be told is final at once. */
function newDelivery(logout: LogoutDoc, row: ParticipationDoc, plan: DeliveryPlan): DeliveryDoc {
  const dueAt = plan.state === 'trying' ? logout.at : undefined;
  return {
    _id: row._id,
    logoutId: logout._id,
    clientId: row.clientId,
    accountId: row.accountId,
    sessionUid: row.sessionUid,
    sid: row._id,
    sub: row.sub,
    state: plan.state,
    origin: plan.origin,
    ...(plan.asked && { asked: true }),
    createdAt: logout.at,
    attempts: 0,
    refusals: 0,
    backoffMs: 0,
    nextAttemptAt: dueAt,
    readyAt: dueAt,
    deadline: { at: plan.deadline.at, becomes: plan.deadline.becomes },
    log: [],
  };
}
