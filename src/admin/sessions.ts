import { z } from 'zod';
import { iso } from '../ops/clock.ts';
import { plainAddress } from '../ops/network.ts';
import { addressKeyOf } from '../sessions/address-key.ts';
import { isLive } from '../sessions/session.ts';
import type { SessionFilter, SessionView } from '../store/store.ts';
import type { Admin } from './admin.ts';
import { idText, instant, listOf, pageMembers, since } from './input.ts';
import { accountNamed, usernames } from './people.ts';
import { notThere, useCase } from './use-case.ts';
import { within } from './within.ts';

const READERS = { scope: 'signoff.read', role: 'support' } as const;

const addressText = z
  .string()
  .max(100)
  .refine((text) => plainAddress(text) !== undefined, 'must be an address like 192.0.2.7 or 2001:db8::7.');

const state = z.enum(['arriving', 'live', 'ended']);

export const sessionRow = z.strictObject({
  id: z.string(),
  account_id: z.string(),
  username: z.string().nullable(),
  device: z.string(),
  started_at: instant,
  last_seen_at: instant,
  apps: z.array(z.string()),
  state,
});

/** Of a live session the apps that are in it, of an ended one those that were. */
function toRow({ session, participations }: SessionView, username: string | null): z.output<typeof sessionRow> {
  const inside = session.state === 'ended' ? participations : participations.filter(isLive);
  return {
    id: session.uid,
    account_id: session.accountId,
    username,
    device: session.device.name,
    started_at: iso(session.startedAt),
    last_seen_at: iso(session.lastSeenAt),
    apps: [...new Set(inside.map((one) => one.clientId))],
    state: session.state,
  };
}

export const listSessions = useCase({
  ...READERS,
  name: 'sessions.list',
  summary: 'List sessions, newest first; ended ones too while they are kept.',
  input: z.strictObject({
    account: idText.optional().describe('Of this account, by name or id.'),
    client: idText.optional().describe('With this app inside.'),
    state: state.optional(),
    ip: addressText.optional().describe('Signed in from this address; of IPv6 from its /64.'),
    since: since.optional().describe('Begun at or after this instant.'),
    until: since.optional().describe('Begun before this instant.'),
    ...pageMembers,
  }),
  output: listOf(sessionRow),
  async run(admin, _who, { limit, after, since: from, ...given }) {
    const filter = await filterOf(admin, given);
    const views = await admin.store.sessions.list(filter, { limit, ...(after !== undefined && { after }) });
    const { items, next } = within(views, { limit, since: from, atOf: begun, idOf: uidOf });
    const nameOf = usernames(admin);
    return {
      items: await Promise.all(items.map(async (one) => toRow(one, await nameOf(one.session.accountId)))),
      next,
    };
  },
});

interface Given {
  readonly account?: string | undefined;
  readonly client?: string | undefined;
  readonly state?: z.output<typeof state> | undefined;
  readonly ip?: string | undefined;
  readonly until?: number | undefined;
}

async function filterOf(admin: Admin, { account, client, state: wanted, ip, until }: Given): Promise<SessionFilter> {
  return {
    ...(account !== undefined && { accountId: (await accountNamed(admin, account)).id }),
    ...(client !== undefined && { clientId: client }),
    ...(wanted && { state: wanted }),
    ...(ip !== undefined && { addressKey: addressKeyOf(admin.box, ip) }),
    ...(until !== undefined && { until }),
  };
}

function begun({ session }: SessionView): number {
  return session.startedAt;
}

function uidOf({ session }: SessionView): string {
  return session.uid;
}

export const showSession = useCase({
  ...READERS,
  name: 'sessions.show',
  summary: 'Show one session with every app that took part in it.',
  input: z.strictObject({ id: idText }),
  output: sessionRow.extend({
    expires_at: instant,
    ended_at: instant.nullable(),
    logout_id: z.string().nullable(),
    participations: z.array(
      z.strictObject({
        sid: z.string(),
        client_id: z.string(),
        started_at: instant,
        ended_at: instant.nullable(),
        logout_id: z.string().nullable(),
      }),
    ),
  }),
  async run(admin, _who, { id }) {
    const view = await admin.store.sessions.get(id);
    if (!view) throw notThere('session_unknown', `There is no session ${id}.`);
    const { session, participations } = view;
    return {
      ...toRow(view, await usernames(admin)(session.accountId)),
      expires_at: iso(session.expiresAt),
      ended_at: iso(session.endedAt) ?? null,
      logout_id: session.logoutId ?? null,
      participations: participations.map((one) => ({
        sid: one.sid,
        client_id: one.clientId,
        started_at: iso(one.startedAt),
        ended_at: iso(one.endedAt) ?? null,
        logout_id: one.logoutId ?? null,
      })),
    };
  },
});
