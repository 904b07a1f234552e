import type { time as source } from '../en/time.ts';
import type { Translation } from '../message.ts';

/** Spannen stehen nach „in“, also im Dativ: „in 2 Tagen“. */
export const time: Translation<typeof source> = {
  'time.just-now': 'gerade eben',
  'time.utc': '{date} Uhr UTC',
  'span.seconds': '{count} s',
  'span.minutes': '{count} min',
  'span.hours': '{count} h',
  'span.days': { one: '{count} Tag', other: '{count} Tagen' },
};
