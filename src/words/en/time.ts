/** Spans and moments. What `Intl` can say by itself is not here. */
export const time = {
  'time.just-now': 'just now',
  'time.utc': '{date} UTC',
  'span.seconds': '{count} s',
  'span.minutes': '{count} min',
  'span.hours': '{count} h',
  'span.days': { one: '{count} day', other: '{count} days' },
} as const;
