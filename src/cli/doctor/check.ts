/** One thing that was looked at. Everything in it may be shown to anybody: no secret, no name of a person. */
export interface Check {
  /** Stable. */
  readonly id: string;
  readonly title: string;
  readonly result: 'ok' | 'warning' | 'failed';
  /** What was found, where it is not well. */
  readonly cause: string | null;
  /** Exactly what to do about it. */
  readonly fix: string | null;
}

export function well(id: string, title: string): Check {
  return { id, title, result: 'ok', cause: null, fix: null };
}

export function ill(
  id: string,
  title: string,
  result: 'warning' | 'failed',
  found: { cause: string; fix: string },
): Check {
  return { id, title, result, ...found };
}

/** Several things of one kind in a sentence: the first ones, and how many more. */
export function someOf(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(', ');
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown;
}

/** What an accident has to say, without its stack. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { publicMessage } = error as { publicMessage?: unknown };
  const cause = error.cause instanceof Error ? ` (${error.cause.message})` : '';
  return `${typeof publicMessage === 'string' ? publicMessage : error.message}${cause}`;
}
