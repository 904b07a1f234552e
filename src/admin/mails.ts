import { z } from 'zod';
import type { Mail } from '../activity/news.ts';
import { MAIL_LIFE_MS } from '../mails/plan-mails.ts';
import { iso } from '../ops/clock.ts';
import { auditOf } from './audit-notes.ts';
import { idText, instant, listOf, pageMembers, pageOf } from './input.ts';
import { accountNamed } from './people.ts';
import { notThere, useCase } from './use-case.ts';

const READERS = { scope: 'signoff.read', role: 'support' } as const;

const STATES = ['waiting', 'sent', 'given-up'] as const;
const state = z.preprocess((word) => (typeof word === 'string' ? word.replaceAll('_', '-') : word), z.enum(STATES));

/** Never the link in it: whoever reads a list must not be able to use it. */
const mailRow = z.strictObject({
  id: z.string(),
  account_id: z.string(),
  kind: z.string(),
  to: z.string(),
  language: z.string().nullable(),
  state: z.enum(STATES),
  attempts: z.number().int(),
  at: instant,
  next_attempt_at: instant.nullable(),
  give_up_at: instant,
  settled_at: instant.nullable(),
  last_error: z.string().nullable(),
});

function toMailRow(mail: Mail): z.output<typeof mailRow> {
  return {
    id: mail.id,
    account_id: mail.accountId,
    kind: mail.kind,
    to: mail.to,
    language: mail.locale ?? null,
    state: mail.state,
    attempts: mail.attempts,
    at: iso(mail.at),
    next_attempt_at: iso(mail.nextAttemptAt) ?? null,
    give_up_at: iso(mail.giveUpAt),
    settled_at: iso(mail.settledAt) ?? null,
    last_error: mail.lastError ?? null,
  };
}

export const listMails = useCase({
  ...READERS,
  name: 'mails.list',
  summary: 'List mails, newest first.',
  input: z.strictObject({
    account: idText.optional().describe('To this account, by name or id.'),
    state: state.optional(),
    ...pageMembers,
  }),
  output: listOf(mailRow),
  async run(admin, _who, { account, state: wanted, limit, after }) {
    const filter = {
      ...(account !== undefined && { accountId: (await accountNamed(admin, account)).id }),
      ...(wanted && { state: wanted }),
    };
    const mails = await admin.store.mails.list(filter, { limit, ...(after !== undefined && { after }) });
    return pageOf(mails.map(toMailRow), limit, ({ id }) => id);
  },
});

export const showMail = useCase({
  ...READERS,
  name: 'mails.show',
  summary: 'Show one mail with what it is about, without its link.',
  input: z.strictObject({ id: idText }),
  output: mailRow.extend({ facts: z.record(z.string(), z.unknown()) }),
  async run({ store }, _who, { id }) {
    const mail = await store.mails.find(id);
    if (!mail) throw noMail(id);
    return { ...toMailRow(mail), facts: { ...mail.facts } };
  },
});

export const retryMail = useCase({
  scope: 'signoff.deliveries',
  role: 'operator',
  name: 'mails.retry',
  summary: 'Send one now that waits or was given up.',
  input: z.strictObject({ id: idText }),
  output: z.strictObject({ id: z.string(), retried: z.boolean() }),
  async run(admin, who, { id }) {
    const now = admin.clock.now();
    const audit = auditOf(admin, who, { action: 'mails.retry', subject: `mail ${id}` });
    const retried = await admin.store.mails.retry(id, now, now + MAIL_LIFE_MS, audit);
    if (!retried && !(await admin.store.mails.find(id))) throw noMail(id);
    return { id, retried };
  },
});

function noMail(id: string) {
  return notThere('mail_unknown', `There is no mail ${id}.`);
}
