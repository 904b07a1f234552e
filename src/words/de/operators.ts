import type { operators as source } from '../en/operators.ts';
import type { Translation } from '../message.ts';

export const operators: Translation<typeof source> = {
  'first-owner.title': 'Erster Eigentümer',
  'first-owner.headline': 'Eigentümer werden',
  'first-owner.words':
    'Noch gehört dieser Dienst niemandem. Melden Sie sich mit einem Konto an, das es gibt, oder wählen Sie Namen und Passwort für ein neues. Der Link gilt einmal.',
  'first-owner.wrong': 'Dieses Konto gibt es, und das ist nicht sein Passwort.',
  'first-owner.button': 'Eigentümer werden',
  'first-owner.done': 'Der Dienst gehört jetzt Ihnen',
  'first-owner.may': '{person} darf hier alles, und kann anderen Rollen geben. Der Link gilt nicht mehr.',
  'first-owner.open': 'Zu den Seiten für Betreiber',
  'first-owner.next': 'Was als Nächstes zu tun ist, auf dem Rechner dieses Dienstes',
};
