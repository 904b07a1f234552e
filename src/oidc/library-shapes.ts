/** Shapes of the library's that more than one file here speaks of. */
import type { ErrorOut, KoaContextWithOIDC, Provider } from 'oidc-provider';

/** Koa's middleware, as the library knows it. */
export type Middleware = Parameters<Provider['use']>[0];

/**
 * Renders an error page for a person; programs get JSON from the library. `cause` may be an AppError (a store out of
 * reach), whose status then is the better one.
 */
export type RenderError = (ctx: KoaContextWithOIDC, out: ErrorOut, cause: Error) => void | Promise<void>;
