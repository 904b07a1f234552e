import type { Router } from '@koa/router';
import type { Context } from 'koa';
import type { Account } from '../../accounts/account.ts';
import { appName } from '../../clients/app-name.ts';
import { canBeTold } from '../../clients/can-be-told.ts';
import type { Client } from '../../clients/client-file.ts';
import { liveParticipations } from '../../sessions/session.ts';
import type { HeldSession, Store } from '../../store/store.ts';
import type { Language } from '../../words/language.ts';
import { languageOf } from '../language.ts';
import type { HomeApp } from '../page-models.ts';
import { personFace } from '../person-face.ts';
import type { Renderer } from '../render.ts';

export interface HomeParts {
  readonly store: {
    readonly sessions: Pick<Store['sessions'], 'get'>;
    readonly accounts: Pick<Store['accounts'], 'find'>;
  };
  readonly render: Renderer['render'];
  readonly sessionOf: (ctx: Context) => Promise<HeldSession | undefined>;
  readonly clientOf: (clientId: string) => Client | undefined;
}

const SIGN_OUT = '/session/end';

/** `/`: who am I here, in which apps, and the way out. */
export function mountHome(router: Router, parts: HomeParts): void {
  router.get('/', async (ctx) => {
    const browser = await parts.sessionOf(ctx);
    const account = browser && (await parts.store.accounts.find(browser.session.accountId));
    if (browser === undefined || account === undefined) {
      parts.render(ctx, 'home', { apps: [], signOutHref: SIGN_OUT });
      return;
    }
    await show(ctx, browser, account, parts);
  });
}

async function show(ctx: Context, browser: HeldSession, account: Account, parts: HomeParts): Promise<void> {
  const view = await parts.store.sessions.get(browser.session.uid);
  const ids = new Set(liveParticipations(view).map((one) => one.clientId));
  parts.render(ctx, 'home', {
    person: personFace(account),
    shared: browser.payload['transient'] === true,
    apps: [...ids].map((id) => appRow(id, parts.clientOf(id), languageOf(ctx))),
    signOutHref: SIGN_OUT,
  });
}

function appRow(clientId: string, client: Client | undefined, language: Language): HomeApp {
  return {
    name: client ? appName(client, language) : clientId,
    ...(client?.client_uri !== undefined && { uri: client.client_uri }),
    canBeTold: client !== undefined && canBeTold(client),
    signOutHref: `${SIGN_OUT}?${new URLSearchParams({ client_id: clientId })}`,
  };
}
