import { appName } from '../../clients/app-name.ts';
import { canBeTold } from '../../clients/can-be-told.ts';
import type { Client } from '../../clients/client-file.ts';
import type { Actor } from '../../logout/logout.ts';
import { iso } from '../../ops/clock.ts';
import type { OwnApp, OwnCursor, OwnSession } from '../../store/store.ts';
import type { Language } from '../../words/language.ts';
import { countryName } from './device-words.ts';
import type { DeviceApp, DeviceEnd, DeviceRow } from './own-page-models.ts';

type ClientOf = (clientId: string) => Client | undefined;

/** A session as its owner sees it. `currentUid`: the one of this browser. */
export function deviceRow(own: OwnSession, currentUid: string, clientOf: ClientOf, language: Language): DeviceRow {
  const { uid, device, startedAt, lastSeenAt, expiresAt, shared } = own.session;
  const ended = endOf(own);
  return {
    id: uid,
    current: uid === currentUid,
    device: device.name,
    ...(own.givenName !== undefined && { givenName: own.givenName }),
    ...(device.place !== undefined && { place: device.place }),
    startedAt,
    lastSeenAt,
    expiresAt,
    shared,
    apps: own.apps.map((app) => deviceApp(app, clientOf(app.participation.clientId), language)),
    ...(ended && { ended }),
  };
}

/** Where the next page begins, after this row. */
export function cursorOf({ session }: OwnSession): OwnCursor {
  return session.endedAt === undefined
    ? { state: 'live', at: session.lastSeenAt, uid: session.uid }
    : { state: 'ended', at: session.endedAt, uid: session.uid };
}

const ACTORS: Readonly<Record<Actor['kind'], NonNullable<DeviceEnd['actor']>>> = {
  user: 'user',
  client: 'app',
  operator: 'operator',
  system: 'system',
};

/** The receipt of a logout that is about everybody is nobody's own. */
function endOf({ session, logout }: OwnSession): DeviceEnd | undefined {
  if (session.endedAt === undefined) return undefined;
  const isOwn = logout !== undefined && logout.accountId === session.accountId;
  return {
    at: session.endedAt,
    ...(logout && { reason: logout.reason, actor: ACTORS[logout.actor.kind] }),
    ...(isOwn && { receipt: `/logout/${logout.id}` }),
  };
}

function deviceApp({ participation, state }: OwnApp, client: Client | undefined, language: Language): DeviceApp {
  const { clientId, startedAt } = participation;
  return {
    clientId,
    name: client ? appName(client, language) : clientId,
    since: startedAt,
    canBeTold: client !== undefined && canBeTold(client),
    ...(client?.max_session !== undefined && { maxSession: client.max_session }),
    state,
  };
}

/** The same as JSON. What is absent is null, never left out; `max_session` is in seconds. */
export function deviceJson(row: DeviceRow): Record<string, unknown> {
  return {
    id: row.id,
    current: row.current,
    device: row.givenName ?? row.device,
    place: row.place === undefined ? null : countryName(row.place, 'en'),
    started_at: iso(row.startedAt),
    last_seen_at: iso(row.lastSeenAt),
    expires_at: iso(row.expiresAt),
    shared: row.shared,
    state: row.ended ? 'ended' : 'live',
    ended: row.ended ? endJson(row.ended) : null,
    apps: row.apps.map(appJson),
  };
}

function endJson({ at, reason, actor, receipt }: DeviceEnd): Record<string, unknown> {
  return { at: iso(at), reason: reason ?? null, actor: actor ?? null, receipt: receipt ?? null };
}

function appJson(app: DeviceApp): Record<string, unknown> {
  return {
    client_id: app.clientId,
    name: app.name,
    since: iso(app.since),
    can_be_told: app.canBeTold,
    max_session: app.maxSession === undefined ? null : Math.round(app.maxSession / 1_000),
    state: app.state.replaceAll('-', '_'),
  };
}
