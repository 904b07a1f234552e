import { z } from 'zod';
import type { Attempt, Delivery } from '../deliveries/delivery.ts';
import { GIVE_UP_AFTER_MS } from '../logout/plan-deliveries.ts';
import { iso } from '../ops/clock.ts';
import type { DeliveryFilter } from '../store/store.ts';
import type { Admin } from './admin.ts';
import { auditOf } from './audit-notes.ts';
import { InvalidInput, idText, instant, listOf, pageMembers, reasonText, since } from './input.ts';
import { accountNamed } from './people.ts';
import { notThere, useCase } from './use-case.ts';
import { within } from './within.ts';

const READERS = { scope: 'signoff.read', role: 'support' } as const;
const SENDERS = { scope: 'signoff.deliveries', role: 'operator' } as const;

export const STATES = [
  'trying',
  'told',
  'refused',
  'given-up',
  'moot',
  'cannot-be-told',
  'asked-browser',
  'not-asked-for',
] as const;
export const RETRIABLE = ['trying', 'refused', 'given-up'] as const;

/** Whether sending it again is a thing to do. */
export function isRetriable(state: (typeof STATES)[number]): boolean {
  return RETRIABLE.some((one) => one === state);
}

/** Both spellings are read: rows have the dash, counts the line. */
const state = z.preprocess((word) => (typeof word === 'string' ? word.replaceAll('_', '-') : word), z.enum(STATES));
const retriable = z.preprocess(
  (word) => (typeof word === 'string' ? word.replaceAll('_', '-') : word),
  z.enum(RETRIABLE),
);

export const deliveryRow = z.strictObject({
  id: z.string(),
  logout_id: z.string(),
  client_id: z.string(),
  account_id: z.string(),
  state: z.enum(STATES),
  attempts: z.number().int(),
  next_attempt_at: instant.nullable(),
  last_attempt_at: instant.nullable(),
  last_status: z.number().int().nullable(),
  last_error: z.string().nullable(),
});

export function toDeliveryRow(delivery: Delivery): z.output<typeof deliveryRow> {
  return {
    id: delivery.id,
    logout_id: delivery.logoutId,
    client_id: delivery.clientId,
    account_id: delivery.accountId,
    state: delivery.state,
    attempts: delivery.attempts,
    next_attempt_at: iso(delivery.nextAttemptAt) ?? null,
    last_attempt_at: iso(delivery.lastAttemptAt) ?? null,
    last_status: delivery.lastStatus ?? null,
    last_error: delivery.lastError ?? null,
  };
}

const filterMembers = {
  client: idText.optional().describe('To this app.'),
  account: idText.optional().describe('About this account, by name or id.'),
  logout: idText.optional().describe('Of this logout.'),
  since: since.optional().describe('Made at or after this instant.'),
  until: since.optional().describe('Made before this instant.'),
};

interface Given {
  readonly client?: string | undefined;
  readonly account?: string | undefined;
  readonly logout?: string | undefined;
  readonly until?: number | undefined;
}

async function filterOf(admin: Admin, { client, account, logout, until }: Given): Promise<DeliveryFilter> {
  return {
    ...(logout !== undefined && { logoutId: logout }),
    ...(client !== undefined && { clientId: client }),
    ...(account !== undefined && { accountId: (await accountNamed(admin, account)).id }),
    ...(until !== undefined && { until }),
  };
}

export const listDeliveries = useCase({
  ...READERS,
  name: 'deliveries.list',
  summary: 'List deliveries, newest first.',
  input: z.strictObject({ ...filterMembers, state: state.optional(), ...pageMembers }),
  output: listOf(deliveryRow),
  async run(admin, _who, { limit, after, state: wanted, since: from, ...given }) {
    const filter = { ...(await filterOf(admin, given)), ...(wanted && { state: wanted }) };
    const rows = await admin.store.deliveries.list(filter, { limit, ...(after !== undefined && { after }) });
    const page = within(rows, { limit, since: from, atOf: ({ createdAt }) => createdAt, idOf: ({ id }) => id });
    return { items: page.items.map(toDeliveryRow), next: page.next };
  },
});

const attemptRow = z.strictObject({
  at: instant,
  ms: z.number(),
  jti: z.string(),
  verdict: z.string(),
  status: z.number().int().nullable(),
  error: z.string().nullable(),
  answer: z.string().nullable(),
});

function toAttempt({ at, ms, jti, verdict, status, error, answer }: Attempt): z.output<typeof attemptRow> {
  return { at: iso(at), ms, jti, verdict, status: status ?? null, error: error ?? null, answer: answer ?? null };
}

export const showDelivery = useCase({
  ...READERS,
  name: 'deliveries.show',
  summary: 'Show one delivery with all its attempts, and what the app said.',
  input: z.strictObject({ id: idText }),
  output: deliveryRow.extend({ sid: z.string(), history: z.array(attemptRow) }),
  async run({ store }, _who, { id }) {
    const delivery = await store.deliveries.find(id);
    if (!delivery) throw notThere('delivery_unknown', `There is no delivery ${id}.`);
    const history = await store.deliveries.attempts(id);
    return { ...toDeliveryRow(delivery), sid: delivery.sid, history: history.map(toAttempt) };
  },
});

export const replayDeliveries = useCase({
  ...SENDERS,
  name: 'deliveries.replay',
  summary: 'Send again: one delivery, or all that match and are refused, given up or waiting.',
  input: z.strictObject({
    id: idText.optional().describe('This one.'),
    ...filterMembers,
    state: z
      .union([retriable, z.array(retriable).min(1).max(RETRIABLE.length)])
      .optional()
      .describe('refused, given_up or trying; several as a list. All three where it is not said.'),
    dry_run: z.boolean().default(false).describe('Only count.'),
    reason: reasonText,
  }),
  output: z.strictObject({ deliveries: z.number().int(), apps: z.array(z.string()) }),
  async run(admin, who, { id, state: wanted, dry_run, reason, since: from, ...given }) {
    const filter: DeliveryFilter = {
      ...(await filterOf(admin, given)),
      ...(id !== undefined && { id }),
      ...(from !== undefined && { since: from }),
    };
    const states = wanted === undefined ? undefined : [...new Set([wanted].flat())];
    if (Object.keys(filter).length === 0 && states === undefined) {
      throw new InvalidInput([
        { field: '', message: 'Say which: id, logout, client, account, state, since or until.' },
      ]);
    }
    const found = await countRetriable(admin, filter, states ?? RETRIABLE);
    if (dry_run || found.deliveries === 0) return found;
    const note = { action: replayDeliveries.name, subject: subjectOf(filter), reason };
    const audit = auditOf(admin, who, {
      ...note,
      after: { ...filter, states: states ?? null, deliveries: found.deliveries },
    });
    const now = admin.clock.now();
    let deliveries = 0;
    for (const [index, one] of (states ?? [undefined]).entries()) {
      const which = { ...filter, ...(one && { state: one }) };
      deliveries += await admin.store.deliveries.retry(
        which,
        now,
        now + GIVE_UP_AFTER_MS,
        index === 0 ? audit : undefined,
      );
    }
    return { deliveries, apps: found.apps };
  },
});

function subjectOf({ id, logoutId, clientId, accountId }: DeliveryFilter): string {
  if (id !== undefined) return `delivery ${id}`;
  if (clientId !== undefined) return `client ${clientId}`;
  if (accountId !== undefined) return `account ${accountId}`;
  return logoutId === undefined ? 'deliveries' : `logout ${logoutId}`;
}

const PAGE = 500;

/** Page by page, newest first, until they get older than is asked. */
async function countRetriable(
  { store }: Admin,
  { since: from, ...filter }: DeliveryFilter,
  states: readonly (typeof RETRIABLE)[number][],
): Promise<{ deliveries: number; apps: string[] }> {
  const apps = new Set<string>();
  let deliveries = 0;
  for (const one of states) {
    for (let after: string | undefined; ; ) {
      const page = await store.deliveries.list({ ...filter, state: one }, { limit: PAGE, ...(after && { after }) });
      const wanted = page.filter(({ createdAt }) => from === undefined || createdAt >= from);
      for (const { clientId } of wanted) apps.add(clientId);
      deliveries += wanted.length;
      after = page.at(-1)?.id;
      if (page.length < PAGE || wanted.length < page.length || after === undefined) break;
    }
  }
  return { deliveries, apps: [...apps].toSorted() };
}
