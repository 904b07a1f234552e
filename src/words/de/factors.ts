import type { factors as source } from '../en/factors.ts';
import type { Translation } from '../message.ts';

export const factors: Translation<typeof source> = {
  'passkey.use': 'Passkey verwenden',
  'passkey.title': 'Mit Passkey anmelden',
  'passkey.what': 'Ihr Browser fragt nach Finger, Gesicht oder PIN. Ein Passwort brauchen Sie nicht.',
  'passkey.trouble': 'Das hat nicht geklappt. Versuchen Sie es noch einmal oder auf einem anderen Weg.',
  'passkey.unable': 'Dieser Browser kann keine Passkeys, oder Skripte sind in ihm ausgeschaltet.',
  'passkey.wrong':
    'Dieser Passkey ist hier nicht bekannt, oder die Seite war zu lange offen. Bitte versuchen Sie es noch einmal.',
  'passkey.instead': 'Stattdessen mit Passwort anmelden',
  'second-step.title': 'Noch ein Schritt',
  'second-step.headline': 'Bestätigen Sie, dass Sie es sind',
  'second-step.what': 'Ihr Passwort war richtig. Dieses Konto verlangt noch etwas.',
  'second-step.asked-by': 'Sie sind angemeldet. {app} verlangt noch etwas.',
  'second-step.code': 'Code',
  'second-step.code-detail': 'Aus Ihrer Authenticator-App, oder einer Ihrer Wiederherstellungscodes',
  'second-step.wrong':
    'Der Code stimmt nicht, oder er wurde schon benutzt. Warten Sie auf den nächsten und versuchen Sie es noch einmal.',
  'second-step.empty': 'Bitte geben Sie den Code ein.',
  'second-step.continue': 'Weiter',
  'second-step.lost':
    'Kein Telefon, kein Passkey, keine Codes? Dann können Ihnen nur die helfen, die diesen Dienst betreiben.',
  'enrol.headline': 'Richten Sie einen zweiten Nachweis ein',
  'enrol.what': 'Dieses Konto braucht einen neben dem Passwort. Es dauert eine Minute.',
  'factors.passkey': 'Passkey',
  'factors.add-passkey': 'Passkey hinzufügen',
  'factors.add-totp': 'Authenticator-App hinzufügen',
  'totp.title': 'Authenticator-App hinzufügen',
  'totp.scan': 'Scannen Sie das mit Ihrer Authenticator-App und geben Sie den Code ein, den sie zeigt.',
  'totp.picture': 'Bild mit dem Schlüssel, für Ihre Authenticator-App',
  'totp.key': 'Scannen geht nicht? Geben Sie diesen Schlüssel ein:',
  'totp.open': 'In einer App auf diesem Gerät öffnen',
  'totp.code': 'Code',
  'totp.name': 'Wie nennen Sie sie?',
  'totp.name-default': 'Authenticator-App',
  'totp.wrong':
    'Das ist nicht der Code zu diesem Schlüssel. Prüfen Sie die Uhr Ihres Telefons und versuchen Sie den nächsten Code.',
  'totp.add': 'Hinzufügen',
  'passkey-new.title': 'Passkey hinzufügen',
  'passkey-new.what':
    'Ein Passkey bleibt in Ihrem Telefon, Computer oder Sicherheitsschlüssel. Er weist Sie mit Finger, Gesicht oder PIN nach und gilt nur bei diesem Dienst.',
  'passkey-new.name': 'Wie nennen Sie ihn?',
  'passkey-new.make': 'Passkey machen',
  'passkey-new.wrong': 'Dieser Passkey ließ sich nicht speichern: Er ist schon da, oder die Seite war zu lange offen.',
  'add.others': 'Auf meinen anderen Geräten abmelden',
  'add.cancel': 'Abbrechen',
  'codes.title': 'Ihre Wiederherstellungscodes',
  'codes.what': 'Bewahren Sie sie getrennt vom Passwort auf. Jeder gilt einmal, und sie werden nur jetzt gezeigt.',
  'codes.done': 'Ich habe sie aufbewahrt',
};
