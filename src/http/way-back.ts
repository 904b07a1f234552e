import type { Context } from 'koa';
import { appName } from '../clients/app-name.ts';
import type { Client } from '../clients/client-file.ts';
import { languageOf } from './language.ts';

/** Where a page leads that can do nothing (any more). */
export interface WayBack {
  readonly href: string;
  readonly name: string;
  /** Somebody is signed in in this browser: there is nothing to start again. */
  readonly signedIn: boolean;
}

/** For the error page, should this request fail: the app that the person came from. */
export function rememberWayBack(ctx: Pick<Context, 'state'>, way: WayBack | undefined): void {
  ctx.state['wayBack'] = way;
}

/** The same, to where a person begins anew at this app. */
export function leadBackTo(ctx: Context, client: Client | undefined, issuer: string): void {
  const href = client && startOf(client, issuer);
  if (client === undefined || href === undefined) return;
  rememberWayBack(ctx, { href, name: appName(client, languageOf(ctx)), signedIn: false });
}

export function wayBackOf(ctx: Pick<Context, 'state'>): WayBack | undefined {
  return ctx.state['wayBack'];
}

/**
 * Where a person begins anew at an app, with a fresh request of the app's own making: what it registered for that (Core
 * §4), its home page, or the place its people come back to.
 */
function startOf(client: Client, issuer: string): string | undefined {
  const { initiate_login_uri: initiate, client_uri: home, redirect_uris: redirects } = client;
  if (initiate !== undefined) return withIssuer(initiate, issuer);
  return home ?? redirects.map(originOf).find((one) => one !== undefined);
}

function withIssuer(address: string, issuer: string): string {
  const url = new URL(address);
  url.searchParams.set('iss', issuer);
  return url.href;
}

/** A scheme of an app's own has no front page. */
function originOf(address: string): string | undefined {
  const url = URL.parse(address);
  return url?.protocol === 'https:' || url?.protocol === 'http:' ? `${url.origin}/` : undefined;
}
