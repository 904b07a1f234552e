/** Errors of the library that a person sees, in words for people; programs get the library's own JSON. */
import { AppError } from '../errors.ts';
import type { ErrorKey } from '../words/en/errors.ts';

const SENTENCES: Readonly<Record<string, ErrorKey>> = {
  invalid_client: 'error.invalid_client',
  invalid_redirect_uri: 'error.invalid_redirect_uri',
  invalid_request: 'error.invalid_request',
  invalid_request_uri: 'error.invalid_request_uri',
  session_not_found: 'error.session_not_found',
  access_denied: 'error.access_denied',
};

/**
 * The library's `renderError`: hands the error to our error page (`middleware/error-page.ts`), which is mounted around
 * the library. What the library says goes to the developer box only: it may quote the request.
 */
export function throwProviderError(
  ctx: { readonly status: number },
  out: { readonly error: string; readonly error_description?: string | undefined },
  cause: Error,
): never {
  if (cause instanceof AppError) throw cause;
  throw new AppError({
    code: out.error,
    status: ctx.status >= 400 ? ctx.status : 500,
    words: SENTENCES[out.error] ?? 'error.app_mistake',
    cause: new Error(out.error_description ?? out.error, { cause }),
  });
}
