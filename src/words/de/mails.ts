import type { mails as source } from '../en/mails.ts';
import type { Translation } from '../message.ts';

export const mails: Translation<typeof source> = {
  'mail.greeting': 'Hallo {name},',
  'mail.device': 'Gerät',
  'mail.place': 'Ort',
  'mail.place-about': '{place} (ungefähr)',
  'mail.time': 'Zeit',
  'mail.time-in': '{date} ({zone})',
  'mail.apps': 'Apps',
  'mail.apps-more': '{apps} und {count} weitere',
  'mail.devices-link': 'Hier sehen Sie, wo Sie angemeldet sind, und können sich dort abmelden:',
  'mail.not-me-link':
    'Waren Sie das nicht? Dann öffnen Sie diese Seite und drücken Sie den Knopf darauf. Er meldet Sie überall ab und sperrt Ihr Passwort. Der Link gilt einmal, bis {until}:',
  'mail.foot': 'Von {service}, weil es um die Sicherheit Ihres Kontos geht. Antworten an diese Adresse liest niemand.',
  'mail.new-device.subject': 'Neue Anmeldung bei {service}: {device}',
  'mail.new-device.what': 'Mit Ihrem Konto wurde auf einem Gerät angemeldet, das bisher nicht bekannt war.',
  'mail.new-device.calm': 'Wenn Sie das waren, ist nichts zu tun.',
  'mail.signed-out.subject': 'Sie wurden bei {service} auf Ihren Geräten abgemeldet',
  'mail.signed-out.user': {
    one: 'Wie gewünscht wurde {count} Anmeldung Ihres Kontos beendet, mit allen Apps darin.',
    other: 'Wie gewünscht wurden {count} Anmeldungen Ihres Kontos beendet, mit allen Apps darin.',
  },
  'mail.signed-out.operator': {
    one: 'Die Betreiber von {service} haben {count} Anmeldung Ihres Kontos beendet, mit allen Apps darin.',
    other: 'Die Betreiber von {service} haben {count} Anmeldungen Ihres Kontos beendet, mit allen Apps darin.',
  },
  'mail.password.subject': 'Ihr Passwort bei {service} wurde geändert',
  'mail.password.user': 'Das Passwort Ihres Kontos wurde geändert. Das alte öffnet nichts mehr.',
  'mail.password.operator': 'Die Betreiber von {service} haben ein neues Passwort für Ihr Konto gesetzt.',
  'mail.password.ended': {
    one: 'Damit wurde {count} andere Anmeldung beendet.',
    other: 'Damit wurden {count} andere Anmeldungen beendet.',
  },
  'mail.factor.subject': 'Ihre Anmeldung bei {service} wurde geändert',
  'mail.factor.added': 'Neben Ihrem Passwort beweist jetzt auch "{name}", dass Sie es sind.',
  'mail.factor.removed': '"{name}" beweist nicht mehr, dass Sie es sind.',
  'mail.factor.codes': 'Für Ihr Konto wurden neue Wiederherstellungscodes erstellt. Die alten gelten nicht mehr.',
  'mail.factor.reset': 'Die Betreiber von {service} haben alle Passkeys und Codes von Ihrem Konto entfernt.',
  'mail.reset.subject': 'Neues Passwort für {service} wählen',
  'mail.reset.asked':
    'Jemand hat ein neues Passwort für Ihr Konto angefordert. Waren Sie das nicht, ist nichts zu tun: Das alte bleibt, wie es ist.',
  'mail.reset.forced':
    'Sie haben gesagt, dass jemand anderes mit Ihrem Konto angemeldet war. Alle Anmeldungen sind beendet, und das alte Passwort öffnet nichts mehr.',
  'mail.reset.link': 'Wählen Sie hier ein neues Passwort. Der Link gilt einmal, bis {until}:',
};
