import type { ClientSession } from 'mongodb';
import type { EndCause, EndTarget } from '../../logout/logout.ts';
import type { PlanDeliveries } from '../store.ts';
import type { MongoParts } from './collections.ts';
import type { LogoutDoc } from './documents.ts';

/** What is to end, and how. */
export interface Ending {
  readonly id: string;
  readonly target: EndTarget;
  readonly cause: EndCause;
  readonly at: number;
  readonly plan: PlanDeliveries;
}

/** A logout that has not ended anything yet. */
export function newLogout(
  { id, target, cause, at }: Omit<Ending, 'plan'>,
  { accountId, generation }: Pick<LogoutDoc, 'accountId' | 'generation'>,
): LogoutDoc {
  return {
    _id: id,
    target,
    scope: cause.scope,
    reason: cause.reason,
    actor: cause.actor,
    at,
    accountId,
    generation,
    clientId: cause.clientId,
    sealedContinueUri: cause.receipt?.sealedContinueUri,
    linkHash: cause.receipt?.linkHash,
    sessionsEnded: 0,
  };
}

export async function insertLogout({ logouts }: MongoParts, row: LogoutDoc, tx: ClientSession): Promise<LogoutDoc> {
  await logouts.insertOne(row, { session: tx });
  return row;
}
