/**
 * An error that a person or a program may be shown.
 * `code` is stable and for programs, `publicMessage` a plain sentence with a way out; `cause` is for the log only.
 */
export class AppError extends Error {
  readonly code: string;
  readonly status: number;
  readonly publicMessage: string;
  /** Seconds for a `Retry-After` header, where trying again makes sense. */
  readonly retryAfterS: number | undefined;

  constructor(facts: { code: string; status: number; publicMessage: string; retryAfterS?: number; cause?: unknown }) {
    super(`${facts.code}: ${facts.publicMessage}`, { cause: facts.cause });
    this.name = 'AppError';
    this.code = facts.code;
    this.status = facts.status;
    this.publicMessage = facts.publicMessage;
    this.retryAfterS = facts.retryAfterS;
  }
}

/** The store cannot be reached or cannot write; the request may be tried again. */
export function storeUnavailable(cause: unknown): AppError {
  return new AppError({
    code: 'store_unavailable',
    status: 503,
    publicMessage: 'This service cannot reach its records just now. Nothing was lost; please try again in a moment.',
    retryAfterS: 5,
    cause,
  });
}

/** A page that came too late: its sign-in or session is over, or it was sent before. The error page leads back to the app. */
export function pageOld(cause?: unknown): AppError {
  return new AppError({
    code: 'page_old',
    status: 403,
    publicMessage: 'This page is old. Nothing was done; please start again.',
    cause,
  });
}

/** The browser sends back none of the cookies that it was given. */
export function cookiesOff(): AppError {
  return new AppError({
    code: 'cookies_off',
    status: 403,
    publicMessage: 'Your browser did not send back our cookie. Please allow cookies for this site, then start again.',
  });
}

/** Whether nothing can be read or written now: what failed may succeed later, everything else would fail as well. */
export function isStoreUnavailable(error: unknown): boolean {
  return error instanceof AppError && error.code === 'store_unavailable';
}
