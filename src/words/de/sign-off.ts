import type { signOff as source } from '../en/sign-off.ts';
import type { Translation } from '../message.ts';

export const signOff: Translation<typeof source> = {
  'sign-off.title': 'Abmelden',
  'sign-off.headline': 'Wovon möchten Sie sich abmelden?',
  'sign-off.other-account':
    '{app} wollte ein anderes Konto abmelden als dieses. Wenn Sie sich hier abmelden, bleiben Sie danach auf unseren Seiten.',
  'sign-off.old-request': 'Die Anfrage gehört zu einer früheren Anmeldung. Darum fragen wir, bevor wir etwas beenden.',
  'sign-off.legend': 'Wovon abmelden',
  'sign-off.this-app': 'Diese App',
  'sign-off.app-here': '{app}, auf diesem Gerät',
  'sign-off.app-here-detail': 'Alles andere bleibt angemeldet',
  'sign-off.all-here': 'Alle Apps, auf diesem Gerät',
  'sign-off.all-here-none': 'Hier ist keine App angemeldet',
  'sign-off.app-everywhere': '{app}, auf allen Geräten',
  'sign-off.all-everywhere': 'Überall abmelden',
  'sign-off.all-everywhere-detail': '{devices}, {signIns}; auch Apps, die im Hintergrund arbeiten, hören auf',
  'sign-off.yes': 'Abmelden',
  'sign-off.no': 'Angemeldet bleiben',
  'sign-off.cannot-be-told': 'Nicht erreichbar: {apps}. Warum, und was Sie tun können',
  'sign-off.cannot-be-told-why': {
    one: 'Die anderen Apps bekommen von uns eine Nachricht und bestätigen sie. Diese hat keine Adresse dafür: Bitte melden Sie sich auch dort ab, oder schließen Sie das Fenster.',
    other:
      'Die anderen Apps bekommen von uns eine Nachricht und bestätigen sie. Diese haben keine Adresse dafür: Bitte melden Sie sich auch dort ab, oder schließen Sie die Fenster.',
  },
  'sign-off-app.headline': 'Von {app} abmelden?',
  'sign-off-app.what':
    'Bei diesem Dienst ist in diesem Browser niemand angemeldet, aber eine Anmeldung bei {app} läuft weiter. Sie können sie jetzt beenden; andere Apps bleiben angemeldet.',
  'signed-out.title': 'Abgemeldet',
  'signed-out.headline': 'Sie sind abgemeldet',
  'signed-out.what':
    'Bei diesem Dienst ist in diesem Browser niemand angemeldet. Zeigt eine App Sie noch als angemeldet an, laden Sie ihre Seite neu oder melden Sie sich dort ab.',
};
