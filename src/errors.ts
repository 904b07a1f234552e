import { type ErrorKey, errors } from './words/en/errors.ts';

type AppErrorFacts = {
  readonly code: string;
  readonly status: number;
  readonly retryAfterS?: number;
  readonly cause?: unknown;
} & ({ readonly words: ErrorKey } | { readonly publicMessage: string });

/**
 * An error that a person or a program may be shown.
 * `code` is stable and for programs, `publicMessage` a plain sentence with a way out; `cause` is for the log only.
 * What can end on a page has `words` instead: pages say it in the reader's language, programs and logs in English.
 */
export class AppError extends Error {
  readonly code: string;
  readonly status: number;
  readonly publicMessage: string;
  /** Undefined where only operators read it. */
  readonly words: ErrorKey | undefined;
  /** Seconds for a `Retry-After` header, where trying again makes sense. */
  readonly retryAfterS: number | undefined;

  constructor(facts: AppErrorFacts) {
    const publicMessage = 'words' in facts ? errors[facts.words] : facts.publicMessage;
    super(`${facts.code}: ${publicMessage}`, { cause: facts.cause });
    this.name = 'AppError';
    this.code = facts.code;
    this.status = facts.status;
    this.publicMessage = publicMessage;
    this.words = 'words' in facts ? facts.words : undefined;
    this.retryAfterS = facts.retryAfterS;
  }
}

/** The store cannot be reached or cannot write; the request may be tried again. */
export function storeUnavailable(cause: unknown): AppError {
  return new AppError({
    code: 'store_unavailable',
    status: 503,
    words: 'error.store_unavailable',
    retryAfterS: 5,
    cause,
  });
}

/** A page that came too late: its sign-in or session is over, or it was sent before. The error page leads back to the app. */
export function pageOld(cause?: unknown): AppError {
  return new AppError({
    code: 'page_old',
    status: 403,
    words: 'error.page_old',
    cause,
  });
}

/** The browser sends back none of the cookies that it was given. */
export function cookiesOff(): AppError {
  return new AppError({
    code: 'cookies_off',
    status: 403,
    words: 'error.cookies_off',
  });
}

/** Whether nothing can be read or written now: what failed may succeed later, everything else would fail as well. */
export function isStoreUnavailable(error: unknown): boolean {
  return error instanceof AppError && error.code === 'store_unavailable';
}
