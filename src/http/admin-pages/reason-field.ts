import type { Field } from './admin-page-models.ts';

/** Why something is done; every write that takes a reason asks for it in the same words. */
export const REASON: Field = {
  name: 'reason',
  label: 'Reason',
  input: 'text',
  hint: 'In your own words, if there is something to say. It is kept in the audit.',
};
