import { z } from 'zod';
import type { Progress } from '../logout/logout.ts';
import { SCOPES } from '../logout/logout.ts';
import { type Receipt, receiptJson } from '../logout/receipt.ts';
import { instant } from './input.ts';

const count = z.number().int();

/** Of deliveries, by their state. */
export const countsByState = {
  told: count,
  trying: count,
  refused: count,
  given_up: count,
  moot: count,
  cannot_be_told: count,
  asked_browser: count,
  not_asked_for: count,
};

export const logoutJson = z.strictObject({
  logout_id: z.string(),
  account_id: z.string().nullable(),
  /** The receipt's link; only in the answer to the end itself, since nobody else knows it. */
  url: z.string().nullable(),
  at: instant,
  state: z.enum(['settled', 'trying']),
  counts: z.strictObject({
    told: count,
    trying: count,
    refused: count,
    given_up: count,
    moot: count,
    cannot_be_told: count,
    /** Only where there are any. */
    asked_browser: count.optional(),
    not_asked_for: count.optional(),
  }),
  scope: z.enum(SCOPES).nullable(),
  reason: z.string(),
  continue_uri: z.string().nullable(),
  apps: z.array(
    z.strictObject({
      client_id: z.string(),
      name: z.string(),
      state: z.string(),
      sessions: count,
      attempts: count,
      last_attempt_at: instant.nullable(),
      last_status: count.nullable(),
    }),
  ),
  target: z.record(z.string(), z.string()),
  actor: z.strictObject({ kind: z.string(), id: z.string().nullable() }),
  /** Of deliveries, one for each sign-in at an app. */
  progress: z.strictObject({
    sessions_ended: count,
    deliveries: count,
    ...countsByState,
    /** More is still being ended; all of it is dead already. */
    walking: z.boolean(),
    paused: z.boolean(),
    /** Sessions a second, where the walk has a pace. */
    rate: count.nullable(),
    /** While everybody is walked: live sessions, those that began since among them; of 200,000 there may be more. */
    sessions_left: count.nullable(),
  }),
});

export type LogoutJson = z.output<typeof logoutJson>;

export function toLogoutJson(
  receipt: Receipt,
  progress: Progress,
  { url, left }: { readonly url: string | null; readonly left: number | null },
): LogoutJson {
  const { logout } = receipt;
  return {
    logout_id: logout.id,
    account_id: logout.accountId ?? null,
    url,
    ...(receiptJson(receipt, true) as Pick<
      LogoutJson,
      'at' | 'state' | 'counts' | 'scope' | 'reason' | 'continue_uri' | 'apps'
    >),
    target: targetJson(logout.target),
    actor: { kind: logout.actor.kind, id: logout.actor.id ?? null },
    progress: {
      sessions_ended: logout.sessionsEnded,
      deliveries: progress.total,
      told: progress.told,
      trying: progress.trying,
      refused: progress.refused,
      given_up: progress.givenUp,
      moot: progress.moot,
      cannot_be_told: progress.cannotBeTold,
      asked_browser: progress.askedBrowser,
      not_asked_for: progress.notAskedFor,
      walking: logout.walking,
      paused: logout.paused,
      rate: logout.pace ?? null,
      sessions_left: left,
    },
  };
}

/** Under the names that a request has for it. */
function targetJson(target: Receipt['logout']['target']): Record<string, string> {
  const { kind, ...rest } = target;
  const names: Readonly<Record<string, string>> = {
    uid: 'session',
    accountId: 'account',
    clientId: 'client',
    exceptUid: 'keep',
  };
  return {
    kind,
    ...Object.fromEntries(Object.entries(rest).map(([name, value]) => [names[name] ?? name, String(value)])),
  };
}

/** What became of a logout, as a file to keep. */
export function reportText(logout: LogoutJson): string {
  return `${JSON.stringify(logout, undefined, 2)}\n`;
}
