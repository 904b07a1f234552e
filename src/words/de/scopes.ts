import type { scopes as source } from '../en/scopes.ts';
import type { Translation } from '../message.ts';

/** Sie stehen unter „Die App darf dann“. */
export const scopes: Translation<typeof source> = {
  'scope.profile': 'Ihren Namen und Ihr Profil sehen',
  'scope.profile-detail': 'Name, Benutzername, Bild, Sprache und Ähnliches',
  'scope.email': 'Ihre E-Mail-Adresse sehen',
  'scope.address': 'Ihre Anschrift sehen',
  'scope.phone': 'Ihre Telefonnummer sehen',
  'scope.offline_access': 'für Sie arbeiten, während Sie weg sind',
  'scope.offline_access-detail': 'Der Zugriff bleibt, wenn Sie sich hier abmelden; „Überall abmelden“ beendet auch ihn',
  'scope.claims': 'diese Angaben über Sie sehen: {claims}',
  'scope.unknown': '„{scope}“ verwenden',
};
