import { parseDuration } from './ops/duration.ts';
import type { Parse } from './setting-parsers.ts';

/** One setting: its environment variable, one sentence, how it is read. */
export interface Setting<T> {
  readonly env: string;
  readonly sentence: string;
  readonly parse: Parse<T>;
  /** What is wrong where there is neither a value nor a default; undefined: it may be absent. */
  readonly missing?: string;
  /** The default as somebody would write it; undefined: there is none. Settings above it in the list are known. */
  readonly fallback: (known: Known) => string | undefined;
  /** How the value is shown to people; secrets show less than there is. */
  readonly show: (text: string) => string;
}

/** What a default may depend on: other settings as text, and where we run. */
export interface Known {
  readonly production: boolean;
  /** Standard output is a terminal. */
  readonly terminal: boolean;
  text(env: string): string;
}

const asIs = (text: string): string => text;

export function setting<T>(
  env: string,
  fallback: string | ((known: Known) => string | undefined),
  parse: Parse<T>,
  sentence: string,
  show = asIs,
): Setting<T> {
  return { env, sentence, parse, show, fallback: typeof fallback === 'string' ? () => fallback : fallback };
}

/** The shorter of two durations. */
export function shorter(one: string, other: string): string {
  const ms = parseDuration(other);
  return ms !== undefined && ms < (parseDuration(one) ?? 0) ? other : one;
}

/** A setting that may be absent. */
export function optional<T>(env: string, parse: Parse<T>, sentence: string, show = asIs): Setting<T | undefined> {
  return setting<T | undefined>(env, () => undefined, parse, sentence, show);
}

/** A setting that only development has a default for. */
export function required<T>(one: Setting<T>, what: string): Setting<T> {
  return { ...one, missing: `must be set in production: ${what}` };
}
