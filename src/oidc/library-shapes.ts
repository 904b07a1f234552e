/** Shapes of the library's that more than one file here speaks of. */
import type { AdapterPayload, ErrorOut, KoaContextWithOIDC, Provider } from 'oidc-provider';

/** Koa's middleware, as the library knows it. */
export type Middleware = Parameters<Provider['use']>[0];

/**
 * Renders an error page for a person; programs get JSON from the library. `cause` may be an AppError (a store out of
 * reach), whose status then is the better one.
 */
export type RenderError = (ctx: KoaContextWithOIDC, out: ErrorOut, cause: Error) => void | Promise<void>;

/** What the library would hand over of a model to be kept: the fields that its class names and that have a value. */
export function payloadOf(model: object): AdapterPayload {
  const { IN_PAYLOAD: names } = model.constructor as unknown as { readonly IN_PAYLOAD: readonly string[] };
  const fields = Object.entries(model).filter(([name, value]) => names.includes(name) && value !== undefined);
  return Object.fromEntries(fields) as AdapterPayload;
}
