import type { ActivityEvent, NewLink, NewMail } from '../../../src/activity/news.ts';
import { DAY, HOUR, T0, unique } from '../../support/builders.ts';

export function anEvent(given: Partial<ActivityEvent> & { accountId: string }): ActivityEvent {
  return {
    id: unique('event'),
    at: T0,
    kind: 'password',
    actor: 'user',
    session: undefined,
    device: undefined,
    place: undefined,
    clientId: undefined,
    reason: undefined,
    logoutId: undefined,
    detail: undefined,
    ...given,
  };
}

export function aMail(given: Partial<NewMail> = {}): NewMail {
  const accountId = given.accountId ?? unique('account');
  return {
    id: unique('mail'),
    accountId,
    kind: 'password',
    to: `${accountId}@example.test`,
    locale: undefined,
    at: T0,
    giveUpAt: T0 + DAY,
    facts: { device: 'Firefox on Linux' },
    sealedToken: undefined,
    link: undefined,
    ...given,
  };
}

export function aLink(given: Partial<NewLink> = {}): NewLink {
  return {
    hash: unique('hash'),
    purpose: 'reset',
    accountId: 'alice',
    session: undefined,
    createdAt: T0,
    expiresAt: T0 + HOUR,
    ...given,
  };
}
