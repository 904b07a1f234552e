/** The provider behind a swap point: keys and configuration change by a new instance, requests in flight finish on the old. */
import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { StoredSession } from '../store/store.ts';
import type { Exchange } from './interactions.ts';

/** Koa's middleware, as the library knows it. */
export type Middleware = Parameters<Provider['use']>[0];

/** Renders an error page for a person; programs get JSON from the library. */
export type RenderError = (
  ctx: KoaContextWithOIDC,
  out: { readonly error: string; readonly error_description?: string },
  cause: Error,
) => void | Promise<void>;

export interface Oidc {
  /** All of the library's addresses; mount it last. */
  readonly middleware: Middleware;
  /** Swaps in a new instance: after a change of keys. Clients are read live from the registry. */
  reload(): void;
  /** Who is signed in in this browser. Saves nothing; a session whose time is over is ended on sight. */
  sessionOf(exchange: Exchange): Promise<StoredSession | undefined>;
  /** Makes the browser forget its session cookie, under its old names too. */
  clearSessionCookie(exchange: Exchange): void;
  currentProvider(): Provider;
  /** Why the library would refuse this client at its first sign-in, as a sentence; undefined when it would not. */
  clientProblem(clientId: string): Promise<string | undefined>;
}
