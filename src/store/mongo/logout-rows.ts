import type { ClientSession } from 'mongodb';
import type { Seat } from '../../activity/news.ts';
import type { EndCause, EndTarget } from '../../logout/logout.ts';
import { logoutEvent } from '../events.ts';
import type { Audited, EndWatch, PlanDeliveries } from '../store.ts';
import type { MongoParts } from './collections.ts';
import { type LogoutDoc, toLogout } from './delivery-documents.ts';
import { writeEvents, writeNews } from './news.ts';

/** What is to end, and how. */
export interface Ending {
  readonly id: string;
  readonly target: EndTarget;
  readonly cause: EndCause & Audited;
  readonly at: number;
  readonly plan: PlanDeliveries;
  readonly watch?: EndWatch | undefined;
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
    pace: cause.pace,
  };
}

/** What the event of an end says of the session, and app, that ended. */
export type About = Seat & { readonly clientId?: string | undefined };

/** With its event, and what else it tells people of. The end of an app of everybody is told account by account, by its walk. */
export async function insertLogout(
  parts: MongoParts,
  row: LogoutDoc,
  { cause, about }: { readonly cause: EndCause; readonly about: About | undefined },
  tx: ClientSession,
): Promise<LogoutDoc> {
  await parts.logouts.insertOne(row, { session: tx });
  if (row.accountId !== undefined) {
    await writeEvents(parts, [logoutEvent(toLogout(row), row.accountId, about ?? cause.from ?? {})], tx);
  }
  if (cause.news) await writeNews(parts, cause.news, tx);
  return row;
}
