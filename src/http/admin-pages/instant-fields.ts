import type { Field } from './admin-page-models.ts';

/** From when to when, as every list of what happened is filtered. */
export const SINCE_UNTIL: readonly Field[] = [
  { name: 'since', label: 'Since', input: 'text', hint: 'Like 2026-11-21T09:00:00Z' },
  { name: 'until', label: 'Before', input: 'text' },
];
