import type { entry as source } from '../en/entry.ts';
import type { Translation } from '../message.ts';

export const entry: Translation<typeof source> = {
  'sign-in.title': 'Anmelden',
  'sign-in.wrong': 'Name und Passwort passen nicht zusammen. Bitte prüfen Sie beides und versuchen Sie es noch einmal.',
  'sign-in.empty': 'Bitte geben Sie Ihren Benutzernamen oder Ihre E-Mail-Adresse und Ihr Passwort ein.',
  'sign-in.locked':
    'Dieses Passwort gilt nicht mehr, weil jemand anderes es kennen könnte. Sie brauchen ein neues: Nutzen Sie den Link in der Mail, oder fragen Sie den Betreiber.',
  'sign-in.wait': 'Zu viele Versuche. Bitte versuchen Sie es in {span} noch einmal.',
  'sign-in.again':
    'Sie sind als {person} angemeldet. Damit sicher ist, dass Sie es sind, melden Sie sich bitte noch einmal an. Meldet sich hier jemand anderes an, endet diese Anmeldung auf diesem Gerät, in allen ihren Apps.',
  'sign-in.instead':
    'Hier ist {person} angemeldet. Meldet sich jemand anderes an, endet diese Anmeldung auf diesem Gerät, in allen ihren Apps.',
  'sign-in.username': 'Benutzername oder E-Mail',
  'sign-in.password': 'Passwort',
  'sign-in.shared': 'Diesen Computer nutzen auch andere',
  'sign-in.shared-detail': 'Meldet Sie nach 15 Minuten ohne Nutzung ab, und wenn der Browser geschlossen wird',
  'sign-in.forgot': 'Vergessen?',
  'sign-in.button': 'Anmelden',
  'password.show': 'Zeigen',
  'password.hide': 'Verbergen',
  'password.show-label': 'Passwort zeigen',
  'password.hide-label': 'Passwort verbergen',
  'consent.title': '{app} erlauben?',
  'consent.headline': 'Mit diesem Konto bei {app} anmelden?',
  'consent.from': 'Diese App ist von {site}.',
  'consent.able': 'Die App darf dann',
  'consent.itself': 'Sie erkennen und anmelden',
  'consent.told': 'Sie erfährt es, wenn Sie sich hier abmelden.',
  'consent.cannot-be-told': 'Sie erfährt es nicht, wenn Sie sich hier abmelden. Melden Sie sich dann auch dort ab.',
  'consent.allow': 'Erlauben',
  'consent.deny': 'Nicht erlauben',
  'consent.end':
    'Mit „Nicht erlauben“ geht es zurück, ohne dass {app} etwas über Sie erfährt. Sie können diesen Zugriff jederzeit unter {home} beenden.',
  'consent.open': 'Apps mit Zugriff',
  'continue.title': 'Weiter als {person}?',
  'continue.no-password': 'Sie sind hier noch angemeldet und brauchen kein Passwort.',
  'continue.yes': 'Weiter',
  'continue.other': 'Anderes Konto verwenden',
  'continue.end': 'Meldet sich jemand anderes an, endet diese Anmeldung auf diesem Gerät, in allen ihren Apps.',
  'home.title': 'Angemeldet',
  'home.headline': 'Sie sind angemeldet',
  'home.shared':
    'Diesen Computer nutzen auch andere: Die Anmeldung endet nach 15 Minuten ohne Nutzung, und wenn der Browser geschlossen wird.',
  'home.apps': 'Apps auf diesem Gerät',
  'home.end': 'Abmelden',
  'home.end-unseen': 'von {app}',
  'home.keeps': 'Bleibt für sich angemeldet; bitte melden Sie sich auch dort ab',
  'home.no-app': 'Auf diesem Gerät ist keine App angemeldet.',
  'home.sign-out': 'Abmelden',
  'home.stranger-title': 'Nicht angemeldet',
  'home.stranger': 'Sie sind nicht angemeldet',
  'home.stranger-what':
    'Öffnen Sie eine Ihrer Apps und melden Sie sich von dort aus an. Solange Sie angemeldet sind, sehen Sie hier, wo, und können sich abmelden.',
};
