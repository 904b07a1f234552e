/** What these pages call a reason, a target, and what became of a telling. */
import type { z } from 'zod';
import type { deliveryRow } from '../../admin/deliveries.ts';
import type { LogoutJson } from '../../admin/logout-json.ts';
import type { Reason } from '../../logout/logout.ts';
import type { Visit } from './admin-frame.ts';
import type { Cell, Tone } from './admin-page-models.ts';
import { chip, soft, text } from './cells.ts';
import { accountCell, appCell } from './place-cells.ts';

export type DeliveryRow = z.output<typeof deliveryRow>;
type State = DeliveryRow['state'];

export const STATE_WORDS: Readonly<Record<State, { readonly tone: Tone; readonly words: string }>> = {
  told: { tone: 'told', words: 'Told' },
  trying: { tone: 'trying', words: 'Trying' },
  refused: { tone: 'refused', words: 'Refused' },
  'given-up': { tone: 'given-up', words: 'Given up' },
  moot: { tone: 'moot', words: 'No longer matters' },
  'cannot-be-told': { tone: 'cannot-be-told', words: 'Cannot be told' },
  'asked-browser': { tone: 'moot', words: 'The browser was asked' },
  'not-asked-for': { tone: 'moot', words: 'Does not want to hear' },
};

/** Receipts write two states with a line. */
export function stateChip(state: string): Cell {
  const name = state.replaceAll('_', '-');
  const known = Object.hasOwn(STATE_WORDS, name) ? STATE_WORDS[name as State] : undefined;
  return known === undefined ? text(state) : chip(known.tone, known.words);
}

const REASONS: Readonly<Record<Reason, string>> = {
  user: 'The person signed off',
  app: 'An app asked for it',
  'other-account': 'Somebody else signed in there',
  superseded: 'A newer session took its place',
  idle: 'Not used for too long',
  expired: 'Its time was over',
  'too-many': 'Too many sessions of one account',
  'password-changed': 'The password was changed',
  'account-disabled': 'The account was disabled',
  'account-deleted': 'The account was deleted',
  operator: 'An operator ended it',
  everybody: 'Everybody was signed off',
  'client-removed': 'The app was removed',
  'consent-revoked': 'The person took the app’s access away',
  'not-me': 'The person said: that was not me',
  'factor-changed': 'A second factor was changed',
  'reuse-detected': 'A refresh token was used twice',
};

export function reasonWords(reason: string): string {
  return Object.hasOwn(REASONS, reason) ? REASONS[reason as Reason] : reason;
}

/** What ended, as a headline. */
export function targetWords({ kind, client, keep }: LogoutJson['target']): string {
  switch (kind) {
    case 'session':
      return 'A session ended';
    case 'participation':
      return 'A sign-in at an app ended';
    case 'account':
      return keep === undefined ? 'An account was signed off' : 'An account was signed off but for one session';
    case 'account-client':
      return `An account was signed off at ${client}`;
    case 'client':
      return `Everybody was signed off at ${client}`;
    default:
      return keep === undefined ? 'Everybody was signed off' : 'Everybody was signed off but for one session';
  }
}

/** Who did it. */
export function actorCell({ kind, id }: LogoutJson['actor'], visit: Pick<Visit, 'who'>): Cell {
  if (kind === 'system') return text('Signoff itself');
  if (id === null) return text(kind === 'operator' ? 'An operator, by a command' : `A ${kind}`);
  return kind === 'client' ? appCell(id, visit) : accountCell(id, visit);
}

/** What came of the last try. */
export function answerCell({
  attempts,
  last_status: status,
  last_error: error,
}: {
  readonly attempts: number;
  readonly last_status: number | null;
  readonly last_error?: string | null;
}): Cell {
  if (status !== null) return text(`Answered ${status}`);
  if (error) return text(error);
  return attempts === 0 ? soft('–') : text('No answer');
}
