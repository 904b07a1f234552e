/** Which sentences of the catalogue the devices page says. */
import type { Key } from '../../words/catalogues.ts';
import { type Language, LOCALES } from '../../words/language.ts';
import type { Words } from '../../words/words.ts';
import { short } from '../page-words.ts';
import type { DeviceApp, DeviceEnd, DeviceRow } from './own-page-models.ts';

/** "Germany", "Deutschland"; the two letters themselves where they name none. */
export function countryName(place: string, language: Language): string {
  try {
    return new Intl.DisplayNames(LOCALES[language], { type: 'region' }).of(place) ?? place;
  } catch {
    return place;
  }
}

/** What people know the device by: the name they gave it, or what it is. */
export function deviceName({ givenName, device }: DeviceRow): string {
  return short(givenName ?? device);
}

const ENDS: Readonly<Record<string, Key>> = {
  user: 'ended.user',
  app: 'ended.app',
  'other-account': 'ended.other-account',
  superseded: 'ended.superseded',
  idle: 'ended.idle',
  expired: 'ended.expired',
  'too-many': 'ended.too-many',
  'password-changed': 'ended.password-changed',
  'account-disabled': 'ended.account-disabled',
  'client-removed': 'ended.client-removed',
  'consent-revoked': 'ended.consent-revoked',
  'not-me': 'ended.not-me',
  operator: 'ended.operator',
  'factor-changed': 'ended.factor-changed',
  'reuse-detected': 'ended.reuse-detected',
};

/** Why a session is over. */
export function whyEnded({ reason = '' }: DeviceEnd): Key {
  return Object.hasOwn(ENDS, reason) ? (ENDS[reason] as Key) : 'ended.somehow';
}

/** Apps that stay signed in whatever ends here, and for how long; one sentence each. */
export function keepers({ apps }: DeviceRow, words: Words): readonly string[] {
  const keeping = apps.filter(({ canBeTold, state }) => !canBeTold && state === 'live');
  return keeping.map((app) => words.say('devices.app-keeps', { app: short(app.name), keeps: keeps(app, words) }));
}

/** What the row of an app that is signed in says beside its name. */
export function appWords(app: DeviceApp, words: Words): string {
  if (app.canBeTold) return words.say('devices.is-told');
  return words.say('devices.not-told', { keeps: keeps(app, words) });
}

function keeps({ maxSession }: DeviceApp, { say, span }: Words): string {
  return maxSession === undefined ? say('devices.keeps') : say('devices.keeps-for', { span: span(maxSession) });
}
