import type { factorPages as source } from '../en/factor-pages.ts';
import type { Translation } from '../message.ts';

export const factorPages: Translation<typeof source> = {
  'factors.title': 'Passkeys und Codes',
  'factors.what': 'Womit Sie neben dem Passwort nachweisen, dass Sie es sind.',
  'factors.none': 'Bisher gibt es nur das Passwort.',
  'factors.passkey-synced': 'Passkey, auf Ihren Geräten abgeglichen',
  'factors.totp': 'Authenticator-App',
  'factors.added': 'Hinzugefügt {when}',
  'factors.used': 'zuletzt benutzt {when}',
  'factors.unused': 'noch nicht benutzt',
  'factors.name': 'Name',
  'factors.rename': 'Umbenennen',
  'factors.remove': 'Entfernen',
  'factors.full': 'Es gibt schon {count}, mehr geht nicht. Entfernen Sie zuerst etwas.',
  'count.passkeys': { one: '{count} Passkey', other: '{count} Passkeys' },
  'count.authenticator-apps': { one: '{count} Authenticator-App', other: '{count} Authenticator-Apps' },
  'count.recovery-codes': { one: '{count} Wiederherstellungscode', other: '{count} Wiederherstellungscodes' },
  'factors.codes': 'Wiederherstellungscodes',
  'factors.codes-left': { one: '{count} Code ist übrig.', other: '{count} Codes sind übrig.' },
  'factors.codes-what': 'Jeder lässt Sie einmal hinein, wenn Telefon oder Passkey nicht da sind.',
  'factors.codes-new': 'Neue Codes machen',
  'remove.title': '{name} entfernen?',
  'remove.what': 'Danach weist es hier nichts mehr nach.',
  'remove.last':
    'Es ist das Letzte: Danach genügt Ihr Passwort, und auch die Wiederherstellungscodes gelten nicht mehr.',
  'remove.required':
    'Es ist das Letzte, und dieser Dienst verlangt eines: Bei der nächsten Anmeldung richten Sie ein neues ein.',
  'remove.others': 'Auf meinen anderen Geräten abmelden',
  'remove.others-detail': 'Wenn Sie es verloren haben oder jemand anderes es gehabt haben kann',
  'remove.yes': 'Entfernen',
  'remove.no': 'Behalten',
};
