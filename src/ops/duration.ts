const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** How a duration is written in settings and client files: `500ms`, `2s`, `15m`, `12h`, `30d`. */
export const DURATION_PATTERN = /^(\d{1,9})(ms|s|m|h|d)$/;

/** `15m` as milliseconds; undefined when it is not written like a duration. */
export function parseDuration(text: string): number | undefined {
  const [, count, unit] = DURATION_PATTERN.exec(text.trim()) ?? [];
  if (count === undefined || unit === undefined) return undefined;
  return Number(count) * UNITS[unit as keyof typeof UNITS];
}

/** Milliseconds as somebody would write them: 28800000 is `8h`. */
export function durationOf(ms: number): string {
  const units = Object.entries(UNITS).toReversed();
  const [unit, size] = units.find(([, each]) => ms >= each && ms % each === 0) ?? ['ms', 1];
  return `${ms / size}${unit}`;
}
