import { AppError } from '../errors.ts';

/** What the exit code of a command means (DESIGN §12). */
export const EXIT = {
  done: 0,
  /** `logout`: some app refused, was given up or is still being tried when the wait is over. `check`: a file is bad. */
  notAll: 1,
  /** Wrong usage or configuration. */
  usage: 2,
  /** The store, or the server that was named, is out of reach, or not there. */
  store: 3,
  /** Nothing matched. */
  nothing: 4,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export const EXIT_CODE_HELP = `Exit codes:
  0  done (logout: every app that can be told was told)
  1  some app refused, was given up or is still being tried (or a check failed)
  2  wrong usage or configuration
  3  store, or server, out of reach
  4  nothing matched`;

/** Wrong usage, found by a command itself: said in one sentence, exit code 2. */
export class UsageError extends Error {}

const STORE_CODES = new Set(['store_unavailable', 'store_missing', 'server_unreachable']);

/** What an error thrown by a command means for whoever called it. Errors of ours are never accidents of the machine. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof UsageError) return EXIT.usage;
  if (!(error instanceof AppError)) return EXIT.notAll;
  if (STORE_CODES.has(error.code)) return EXIT.store;
  return error.status === 404 ? EXIT.nothing : EXIT.usage;
}
