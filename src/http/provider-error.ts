/** Errors of the library that a person sees, in words for people; programs get the library's own JSON. */
import { AppError } from '../errors.ts';

const SENTENCES: Readonly<Record<string, string>> = {
  invalid_client: 'The app that sent you here is not registered with this service.',
  invalid_redirect_uri: 'The app that sent you here gave an address to return to that is not registered for it.',
  invalid_request: 'The app that sent you here asked for something this service does not understand.',
  invalid_request_uri: 'The request of the app is not known here any more. Please start again at the app.',
  session_not_found: 'This sign-in has been open for too long. Please start again at the app.',
  access_denied: 'The app was not allowed to do this.',
};

const OTHERWISE = 'The app that sent you here made a mistake. Please go back to it and try again.';

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
    publicMessage: SENTENCES[out.error] ?? OTHERWISE,
    cause: new Error(out.error_description ?? out.error, { cause }),
  });
}
