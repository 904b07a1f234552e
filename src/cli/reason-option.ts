/** Every write can say why: `.option(...REASON)`, then `reason` among the options. */
export const REASON = ['--reason <text>', 'why, in your own words; kept in the audit'] as const;
