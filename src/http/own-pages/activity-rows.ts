import { type ActivityEvent, EVENT_KINDS, type EventKind } from '../../activity/news.ts';
import type { StateCounts } from '../../deliveries/state-counts.ts';
import { iso } from '../../ops/clock.ts';
import type { ActivityPlace } from '../../store/store.ts';
import type { Language } from '../../words/language.ts';
import { countryName } from './device-words.ts';

/** An event as its owner sees it, under the names of its JSON. What is absent is null, never left out. */
export interface EventRow {
  readonly id: string;
  readonly at: string;
  readonly kind: EventKind;
  readonly actor: 'user' | 'app' | 'operator' | 'system';
  readonly session: string | null;
  readonly device: string | null;
  readonly place: string | null;
  readonly client_id: string | null;
  readonly reason: string | null;
  /** The address of the receipt of a logout. */
  readonly receipt: string | null;
  readonly detail: Readonly<Record<string, unknown>> | null;
}

/** In one language, as far as it has words. `answers`: of a logout. The receipt of an end that is about everybody is nobody's own. */
export function eventRow(event: ActivityEvent, answers: StateCounts | undefined, language: Language): EventRow {
  const { detail, logoutId } = event;
  const isOwn = logoutId !== undefined && detail?.['target'] !== 'client';
  return {
    id: event.id,
    at: iso(event.at) ?? '',
    kind: event.kind,
    actor: event.actor === 'client' ? 'app' : event.actor,
    session: event.session ?? null,
    device: event.device ?? null,
    place: event.place === undefined ? null : countryName(event.place, language),
    client_id: event.clientId ?? null,
    reason: event.reason ?? null,
    receipt: isOwn ? `/logout/${logoutId}` : null,
    detail: answers ? { ...detail, apps: answers } : (detail ?? null),
  };
}

/** Where the next page begins: after this event. Opaque to whoever holds it. */
export function cursorAfter({ at, id }: ActivityPlace): string {
  return `${at}.${id}`;
}

/** Undefined for what is no cursor of ours. */
export function placeOf(cursor: string): ActivityPlace | undefined {
  const [, at, id] = /^(\d{1,15})\.([\w-]{1,100})$/.exec(cursor) ?? [];
  return at !== undefined && id !== undefined ? { at: Number(at), id } : undefined;
}

export function kindNamed(name: string): EventKind | undefined {
  return EVENT_KINDS.find((kind) => kind === name);
}
