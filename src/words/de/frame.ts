import type { frame as source } from '../en/frame.ts';
import type { Translation } from '../message.ts';

export const frame: Translation<typeof source> = {
  'foot.privacy': 'Datenschutz',
  'foot.help': 'Hilfe',
  'facts.code': 'Code',
  'facts.request': 'Anfrage',
  'list.more': '{count} weitere',
  'app.asked-by': 'Anfrage von',
  'app.continue-to': 'Weiter zu',
  'app.privacy': 'Datenschutz',
  'app.terms': 'Nutzungsbedingungen',
  'app.back': 'Zurück zu {app}',
  'count.devices': { one: '{count} Gerät', other: '{count} Geräte' },
  'count.apps': { one: '{count} App', other: '{count} Apps' },
  'count.sign-ins': { one: '{count} Anmeldung', other: '{count} Anmeldungen' },
  'count.app-sign-ins': { one: '{count} Anmeldung bei Apps', other: '{count} Anmeldungen bei Apps' },
  'signed-in-as': 'Sie sind als {person} angemeldet.',
};
