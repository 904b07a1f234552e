import type { StateCounts } from '../../deliveries/state-counts.ts';
import type { Words } from '../../words/words.ts';
import { short } from '../page-words.ts';
import { confirmed, whyOf } from '../receipt-words.ts';
import { permissionWords } from '../scope-words.ts';
import type { EventRow } from './activity-rows.ts';

/** An event in one language. What is empty has nothing to say. */
export interface EventWords {
  readonly at: number;
  readonly what: string;
  readonly by: string;
  readonly where: string;
  readonly why: string;
  readonly told: string;
}

export type NamedEvent = EventRow & { readonly appName?: string };

export function eventWords(event: NamedEvent, words: Words): EventWords {
  return {
    at: Date.parse(event.at),
    what: whatOf(event, words),
    by: isAnybodys(event) ? '' : words.say(`by.${event.actor}`),
    where: [event.device, event.place].filter((part) => part !== null).join(', '),
    why: event.kind === 'logout' ? whyOf(event.reason ?? '', words) : '',
    told: toldOf(event, words),
  };
}

/** What somebody did who proved nothing is not done "by you". */
function isAnybodys({ kind, reason }: NamedEvent): boolean {
  return kind === 'failed' || (kind === 'password' && reason === 'asked');
}

function whatOf(event: NamedEvent, words: Words): string {
  const { say } = words;
  const app = event.appName ?? '';
  switch (event.kind) {
    case 'sign-in':
      return app === '' ? say('event.sign-in') : say('event.sign-in-to', { app });
    case 'failed':
      return say('event.failed', { count: Number(event.detail?.['count'] ?? 1) });
    case 'logout':
      return logoutWords(event, app, words);
    case 'password':
      return passwordWords(event, words);
    case 'credential':
      return credentialWords(event, words);
    case 'consent':
      return say('event.consent', { app, scopes: scopesOf(event, words) });
    case 'name':
      return say('event.name');
  }
}

function logoutWords({ detail }: NamedEvent, app: string, { say }: Words): string {
  switch (detail?.['target']) {
    case 'participation':
      return say('event.logout.participation', { app });
    case 'account':
      return say('event.logout.account');
    case 'account-client':
      return say('event.logout.account-client', { app });
    case 'client':
      return say('event.logout.client', { app });
    default:
      return say('event.logout.session');
  }
}

function credentialWords({ detail }: NamedEvent, { say }: Words): string {
  const name = short(String(detail?.['name'] ?? ''));
  switch (detail?.['change']) {
    case 'added':
      return say('event.credential.added', { name });
    case 'removed':
      return say('event.credential.removed', { name });
    case 'codes':
      return say('event.credential.codes');
    default:
      return say('event.credential.reset');
  }
}

function passwordWords({ reason }: NamedEvent, { say }: Words): string {
  if (reason === 'locked') return say('event.password.locked');
  return reason === 'asked' ? say('event.password.asked') : say('event.password.changed');
}

function scopesOf({ detail }: NamedEvent, words: Words): string {
  const scopes = detail?.['scopes'];
  const known = Array.isArray(scopes) ? scopes.filter((scope) => scope !== 'openid') : [];
  return known.length === 0
    ? words.say('consent.itself')
    : words.list(
        known.map((scope) => words.say('quoted', { text: permissionWords({ scope: String(scope) }, words).words })),
      );
}

/** What the apps answered; nothing where none had to. */
function toldOf({ detail }: NamedEvent, words: Words): string {
  const counts = detail?.['apps'] as StateCounts | undefined;
  if (!counts) return '';
  const { told, of } = confirmed({
    ...counts,
    givenUp: counts.given_up,
    cannotBeTold: counts.cannot_be_told,
    askedBrowser: counts.asked_browser,
    notAskedFor: counts.not_asked_for,
  });
  return of === 0 ? '' : words.say('activity.apps-told', { told, count: of });
}
