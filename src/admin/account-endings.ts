/** What changes an account and ends all it has, in one write. */
import { z } from 'zod';
import type { Account } from '../accounts/account.ts';
import { activityEvent } from '../activity/activity-event.ts';
import type { ActivityEvent } from '../activity/news.ts';
import type { AccountChange, Reason } from '../logout/logout.ts';
import { accountRow, assertPassword, toAccountRow } from './accounts.ts';
import type { Admin } from './admin.ts';
import { auditOf } from './audit-notes.ts';
import { idText, reasonText } from './input.ts';
import { actorOf } from './logouts.ts';
import { accountNamed } from './people.ts';
import { type Operator, useCase } from './use-case.ts';

const KEEPERS = { scope: 'signoff.admin', role: 'operator' } as const;

/** How long it stays to see each app tried once; the rest is the engine's. */
const TELL_MS = 5_000;

const count = z.number().int();

const endedAccount = accountRow.extend({
  logout_id: z.string().nullable(),
  sessions_ended: count,
  sign_ins_told: count,
  sign_ins_ended: count,
});

interface Act {
  readonly action: string;
  readonly reason: Reason;
  readonly change: AccountChange;
  readonly words: string | undefined;
  readonly before: object;
  readonly after: object;
  /** What the account's owner reads of it, besides its end. */
  readonly events?: readonly ActivityEvent[];
}

async function end(admin: Admin, who: Operator, account: Account, act: Act): Promise<z.output<typeof endedAccount>> {
  const { action, reason, change, words, before, after, events = [] } = act;
  const audit = auditOf(admin, who, { action, subject: `account ${account.id}`, reason: words, before, after });
  const target = { kind: 'account', accountId: account.id } as const;
  const cause = { reason, actor: actorOf(who), accountChange: change, news: { events, mails: [] }, audit };
  const ended = await admin.endSessions(target, cause);
  const logout = ended.kind === 'ended' ? ended.logout : undefined;
  const progress = logout && (await admin.tellApps(logout.id, TELL_MS, 'attempted'));
  const now = (await admin.store.accounts.find(account.id)) ?? account;
  return {
    // A deleted one has no name any more; whoever deletes it still has to be told which it was.
    ...toAccountRow({ ...now, username: account.username }),
    logout_id: logout?.id ?? null,
    sessions_ended: logout?.sessionsEnded ?? 0,
    sign_ins_told: progress?.told ?? 0,
    sign_ins_ended: progress?.total ?? 0,
  };
}

export const setPassword = useCase({
  ...KEEPERS,
  name: 'accounts.password',
  summary: 'Set a new password; signs the account off everywhere.',
  input: z.strictObject({ account: idText, password: z.string().max(4_000), reason: reasonText }),
  output: endedAccount,
  async run(admin, who, input) {
    const account = await accountNamed(admin, input.account);
    await assertPassword(input.password);
    return end(admin, who, account, {
      action: 'accounts.password',
      reason: 'password-changed',
      change: { passwordHash: await admin.passwords.hash(input.password) },
      words: input.reason,
      before: { password_changed_at: account.passwordChangedAt },
      after: { password_changed_at: admin.clock.now() },
    });
  },
});

export const disableAccount = useCase({
  ...KEEPERS,
  name: 'accounts.disable',
  summary: 'Keep an account from signing in; signs it off everywhere.',
  input: z.strictObject({ account: idText, reason: reasonText }),
  output: endedAccount,
  async run(admin, who, input) {
    const account = await accountNamed(admin, input.account);
    return end(admin, who, account, {
      action: 'accounts.disable',
      reason: 'account-disabled',
      change: { state: 'disabled' },
      words: input.reason,
      before: { state: account.state },
      after: { state: 'disabled' },
    });
  },
});

export const resetFactors = useCase({
  ...KEEPERS,
  name: 'accounts.reset-factors',
  summary: 'Take away passkeys, authenticator apps and recovery codes; signs the account off everywhere.',
  input: z.strictObject({ account: idText, reason: reasonText }),
  output: endedAccount,
  async run(admin, who, input) {
    const account = await accountNamed(admin, input.account);
    const { list } = await admin.store.credentials.ofAccount(account.id);
    return end(admin, who, account, {
      action: 'accounts.reset-factors',
      reason: 'factor-changed',
      change: { removeCredentials: 'all' },
      words: input.reason,
      before: { second_factors: list.map(({ kind }) => kind) },
      after: { second_factors: [] },
      events: [factorsReset(account.id, admin.clock.now())],
    });
  },
});

function factorsReset(accountId: string, at: number): ActivityEvent {
  return activityEvent({ accountId, at, kind: 'credential', actor: 'operator', detail: { change: 'reset' } });
}

export const deleteAccount = useCase({
  ...KEEPERS,
  name: 'accounts.delete',
  summary: 'Erase an account for good; signs it off everywhere.',
  input: z.strictObject({ account: idText, reason: reasonText }),
  output: endedAccount,
  async run(admin, who, input) {
    const account = await accountNamed(admin, input.account);
    return end(admin, who, account, {
      action: 'accounts.delete',
      reason: 'account-deleted',
      change: { state: 'deleted' },
      words: input.reason,
      before: { state: account.state },
      after: { state: 'deleted' },
    });
  },
});
