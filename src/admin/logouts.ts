import { z } from 'zod';
import type { EndTarget, Logout } from '../logout/logout.ts';
import { iso } from '../ops/clock.ts';
import type { LogoutFilter } from '../store/store.ts';
import type { Admin } from './admin.ts';
import { auditOf } from './audit-notes.ts';
import { OF_AN_APP, OF_EVERYBODY, targetMembers, targetOf } from './end-target.ts';
import { durationText, InvalidInput, idText, instant, listOf, msOf, pageMembers, reasonText, since } from './input.ts';
import { type LogoutJson, logoutJson, toLogoutJson } from './logout-json.ts';
import { accountNamed, usernames } from './people.ts';
import { type Preview, previewOf } from './preview.ts';
import { conflict, notThere, type Operator, permit, useCase } from './use-case.ts';
import { within } from './within.ts';

const READERS = { scope: 'signoff.read', role: 'support' } as const;
/** One person's sessions; what ends more asks for more. */
const ENDERS = { scope: 'signoff.sessions', role: 'support' } as const;

/** Over a network, where somebody else's time-out would end it. */
const WAIT_MAX_MS = 60_000;

const rate = z.int().min(1).max(100_000);

const previewJson = z.strictObject({
  accounts: z.number().int(),
  sessions: z.number().int(),
  participations: z.number().int(),
  apps: z.array(z.strictObject({ client_id: z.string(), sessions: z.number().int(), can_be_told: z.boolean() })),
  estimated_seconds: z.number(),
});

/** Deliveries of a second, on the machine of a small service; what healthy apps take is more. */
const DELIVERIES_PER_SECOND = 500;
/** Sessions of everybody a second, where nobody says otherwise: slow enough for those who sign in again meanwhile. */
const EVERYBODY_PACE = 300;

export const previewLogout = useCase({
  ...ENDERS,
  name: 'logouts.preview',
  summary: 'Count what an end would reach; nothing is ended.',
  input: z.strictObject({ ...targetMembers, reason: reasonText, wait: durationText.optional(), rate: rate.optional() }),
  output: previewJson,
  async run(admin, who, input) {
    const target = await targetOf(admin, who, input);
    const preview = await countTarget(admin, target);
    const pace = input.rate ?? (target.kind === 'everybody' ? EVERYBODY_PACE : Number.POSITIVE_INFINITY);
    const seconds = Math.max(preview.participations / DELIVERIES_PER_SECOND, preview.sessions / pace);
    return { ...preview, apps: [...preview.apps], estimated_seconds: Math.ceil(seconds) };
  },
});

async function countTarget(admin: Admin, target: EndTarget): Promise<Preview> {
  switch (target.kind) {
    case 'session': {
      const view = await admin.store.sessions.get(target.uid);
      if (!view || view.session.state === 'ended') throw nothingToEnd();
      return previewOf(admin, { accountId: view.session.accountId }, (one) => one.session.uid === target.uid);
    }
    case 'account':
      return previewOf(admin, { accountId: target.accountId });
    case 'account-client':
      return previewOf(admin, { accountId: target.accountId, clientId: target.clientId });
    case 'client':
      return previewOf(admin, { clientId: target.clientId });
    case 'everybody':
      return previewOf(admin, {}, (one) => one.session.uid !== target.exceptUid);
    case 'participation':
      throw nothingToEnd();
  }
}

export const endSessions = useCase({
  ...ENDERS,
  name: 'logouts.end',
  summary:
    'End a session, an account’s sessions, an app of one account or of everybody, or everybody; every app is told.',
  input: z.strictObject({
    ...targetMembers,
    reason: reasonText,
    wait: durationText.default('0s').describe('How long to wait for the apps, at most 60s.'),
    rate: rate.optional().describe('Sessions a second, where there are very many.'),
  }),
  output: logoutJson,
  async run(admin, who, { reason, wait, rate: asked, ...given }) {
    const waitMs = waitMsOf(who, wait);
    const target = await targetOf(admin, who, given);
    const pace = asked ?? (target.kind === 'everybody' ? EVERYBODY_PACE : undefined);
    const audit = auditOf(admin, who, { action: 'logouts.end', subject: subjectOf(target), reason });
    const ended = await admin.endSessions(target, {
      reason: target.kind === 'everybody' ? 'everybody' : 'operator',
      actor: actorOf(who),
      audit,
      ...(pace !== undefined && { pace }),
    });
    if (ended.kind === 'nothing') throw nothingToEnd();
    await admin.tellApps(ended.logout.id, waitMs, 'settled');
    return logoutWithId(admin, ended.logout.id, `${admin.issuer}/logout/${ended.linkId}`);
  },
});

function waitMsOf({ from }: Operator, wait: string): number {
  const ms = msOf(wait);
  if (from === undefined || ms <= WAIT_MAX_MS) return ms;
  throw new InvalidInput([{ field: 'wait', message: 'is too long: at most 60s.' }]);
}

/** How the audit calls it. */
function subjectOf(target: EndTarget): string {
  switch (target.kind) {
    case 'session':
      return `session ${target.uid}`;
    case 'account':
      return `account ${target.accountId}`;
    case 'account-client':
      return `account ${target.accountId} at client ${target.clientId}`;
    case 'client':
      return `client ${target.clientId}`;
    case 'participation':
      return `participation ${target.sid}`;
    case 'everybody':
      return 'everybody';
  }
}

/** A logout's own word for who did it. */
export function actorOf({ actor }: Operator) {
  return actor.kind === 'command' ? ({ kind: 'operator' } as const) : ({ kind: 'operator', id: actor.id } as const);
}

function nothingToEnd() {
  return notThere('nothing_matched', 'Nothing matched: there is nobody to sign off.');
}

async function logoutWithId(admin: Admin, id: string, url: string | null): Promise<LogoutJson> {
  const [receipt, progress] = await Promise.all([admin.receipts.byLogout(id), admin.store.logouts.progress(id)]);
  if (!receipt) throw notThere('logout_unknown', `There is no logout ${id}.`);
  const isOfEverybody = receipt.logout.walking && receipt.logout.target.kind === 'everybody';
  const left = isOfEverybody ? await admin.store.figures.sessions('live', LEFT_COUNTED_MAX) : null;
  return toLogoutJson(receipt, progress, { url, left });
}

/** Whoever watches a walk looks every second or two; counting so many takes some 20 ms in all. */
const LEFT_COUNTED_MAX = 200_000;

export const showLogout = useCase({
  ...READERS,
  name: 'logouts.show',
  summary: 'Show a logout with its receipt in full, who did it, why, and how far it is.',
  input: z.strictObject({ id: idText }),
  output: logoutJson,
  run: (admin, _who, { id }) => logoutWithId(admin, id, null),
});

const logoutRow = z.strictObject({
  logout_id: z.string(),
  account_id: z.string().nullable(),
  username: z.string().nullable(),
  at: instant,
  reason: z.string(),
  actor: z.strictObject({ kind: z.string(), id: z.string().nullable() }),
  target: z.string(),
  sessions_ended: z.number().int(),
  walking: z.boolean(),
  paused: z.boolean(),
});

export const listLogouts = useCase({
  ...READERS,
  name: 'logouts.list',
  summary: 'List logouts, newest first, while they are kept.',
  input: z.strictObject({
    account: idText.optional().describe('Of this account, by name or id.'),
    since: since.optional().describe('At or after this instant.'),
    until: since.optional().describe('Before this instant.'),
    state: z.enum(['walking']).optional().describe('Only what is still being walked, all at once, the oldest first.'),
    ...pageMembers,
  }),
  output: listOf(logoutRow),
  async run(admin, _who, { account, since: from, until, state, limit, after }) {
    const filter = {
      ...(account !== undefined && { accountId: (await accountNamed(admin, account)).id }),
      ...(until !== undefined && { until }),
    };
    if (state === 'walking') {
      return { items: await toRows(admin, await walksOf(admin, { ...filter, since: from })), next: null };
    }
    const rows = await admin.store.logouts.list(filter, { limit, ...(after !== undefined && { after }) });
    const { items, next } = within(rows, { limit, since: from, atOf: ({ at }) => at, idOf: ({ id }) => id });
    return { items: await toRows(admin, items), next };
  },
});

function toRows(admin: Admin, logouts: readonly Logout[]): Promise<z.output<typeof logoutRow>[]> {
  const nameOf = usernames(admin);
  return Promise.all(logouts.map(async (one) => toRow(one, one.accountId ? await nameOf(one.accountId) : null)));
}

function toRow(logout: Logout, username: string | null): z.output<typeof logoutRow> {
  return {
    logout_id: logout.id,
    account_id: logout.accountId ?? null,
    username,
    at: iso(logout.at),
    reason: logout.reason,
    actor: { kind: logout.actor.kind, id: logout.actor.id ?? null },
    target: subjectOf(logout.target),
    sessions_ended: logout.sessionsEnded,
    walking: logout.walking,
    paused: logout.paused,
  };
}

/** Walks are few, and whoever has more sees the oldest. */
const WALKS_MAX = 200;

/** Those that go on, then those that are paused. */
async function walksOf(
  { store: { logouts } }: Admin,
  { accountId, until, since: from }: WalkFilter,
): Promise<Logout[]> {
  const ids = [...(await logouts.walking(WALKS_MAX)), ...(await logouts.paused(WALKS_MAX))];
  const found = await Promise.all(ids.map((id) => logouts.find(id)));
  const isMeant = (one: Logout | undefined): one is Logout =>
    one?.walking === true &&
    (accountId === undefined || one.accountId === accountId) &&
    (until === undefined || one.at < until) &&
    (from === undefined || one.at >= from);
  return found.filter(isMeant);
}

interface WalkFilter extends LogoutFilter {
  readonly since?: number | undefined;
}

/** Whoever may begin such a walk may stop it. */
async function assertWalking(admin: Admin, who: Operator, id: string): Promise<void> {
  const logout = await admin.store.logouts.find(id);
  if (!logout) throw notThere('logout_unknown', `There is no logout ${id}.`);
  if (logout.target.kind === 'everybody') permit(who, OF_EVERYBODY);
  if (!logout.walking) throw notWalking(id);
}

function notWalking(id: string) {
  return conflict('not_walking', `The logout ${id} has ended all that it was to end; there is nothing to pause.`);
}

export const pauseWalk = useCase({
  ...OF_AN_APP,
  name: 'logouts.pause',
  summary: 'Pause the walk of a large logout. All of it is dead already; the apps hear of the rest when it goes on.',
  input: z.strictObject({ id: idText, reason: reasonText }),
  output: logoutJson,
  async run(admin, who, { id, reason }) {
    await assertWalking(admin, who, id);
    const audit = auditOf(admin, who, { action: 'logouts.pause', subject: `logout ${id}`, reason });
    if (!(await admin.store.logouts.steer(id, { paused: true }, audit))) throw notWalking(id);
    return logoutWithId(admin, id, null);
  },
});

export const resumeWalk = useCase({
  ...OF_AN_APP,
  name: 'logouts.resume',
  summary: 'Let a paused walk go on, or give it another pace.',
  input: z.strictObject({ id: idText, rate: rate.optional(), reason: reasonText }),
  output: logoutJson,
  async run(admin, who, { id, rate: pace, reason }) {
    await assertWalking(admin, who, id);
    const after = { rate: pace ?? null };
    const audit = auditOf(admin, who, { action: 'logouts.resume', subject: `logout ${id}`, reason, after });
    const change = { paused: false, ...(pace !== undefined && { pace }) };
    if (!(await admin.store.logouts.steer(id, change, audit))) throw notWalking(id);
    admin.walkOn(id);
    return logoutWithId(admin, id, null);
  },
});
