import type { Router } from '@koa/router';
import type { Context, Middleware } from 'koa';
import { canBeTold } from '../../clients/can-be-told.ts';
import type { Client } from '../../clients/client-file.ts';
import type { ExtraScopes } from '../../extra-scopes.ts';
import { iso } from '../../ops/clock.ts';
import type { AppAccess, Store } from '../../store/store.ts';
import { DEFAULT_LANGUAGE, type Language } from '../../words/language.ts';
import { appFace } from '../app-face.ts';
import { languageOf } from '../language.ts';
import { formOf } from '../middleware/read-body.ts';
import type { AccessRow } from '../own-pages/account-page-models.ts';
import { personOf, type SignedInOnly } from '../own-pages/signed-in.ts';
import { personFace } from '../person-face.ts';
import { permissionsOf } from '../scope-words.ts';
import { seeOther } from '../see-other.ts';
import { answerLogout } from './answer-logout.ts';
import type { EndOwnParts } from './end-own.ts';

export interface AccountAppsParts extends EndOwnParts {
  readonly store: EndOwnParts['store'] & Pick<Store, 'accounts' | 'provider'>;
  readonly extraScopes: ExtraScopes;
  readonly signedInOnly: SignedInOnly;
  /** Reads a form and checks its csrf field. */
  readonly takeForm: Middleware;
}

const APPS = '/account/apps';
/** More than anybody looks through. */
const APPS_MAX = 200;

/** `/account/apps`: which apps may do what with this account, and the end of it: consent, grants, offline tokens, sign-ins. */
export function mountAccountApps(router: Router, parts: AccountAppsParts): void {
  const guard = parts.signedInOnly(APPS);

  router.get(APPS, guard, async (ctx) => {
    const wantsJson = ctx.accepts('html', 'json') === 'json';
    const language = wantsJson ? DEFAULT_LANGUAGE : languageOf(ctx);
    const apps = await rowsOf(ctx, { ...parts, language });
    ctx.vary('Accept');
    ctx.set('Cache-Control', 'no-store');
    if (wantsJson) ctx.body = { apps: apps.map(accessJson) };
    else {
      const { account } = personOf(ctx);
      const end = { action: `${APPS}/end` };
      parts.render(ctx, 'account-apps', { person: personFace(account), now: parts.clock.now(), apps, end });
    }
  });

  router.post(`${APPS}/end`, parts.takeForm, guard, async (ctx) => {
    const clientId = formOf(ctx).values.get('client_id') ?? '';
    if (clientId === '') return seeOther(ctx, '/devices');
    if (!(await parts.askFirst.mayGoOn(ctx, { proof: 'one', backHref: APPS }))) return;
    const { account, browser } = personOf(ctx);
    const { uid: session, device } = browser.session;
    const ended = await parts.endSessions(
      { kind: 'account-client', accountId: account.id, clientId },
      {
        reason: 'consent-revoked',
        actor: { kind: 'user', id: account.id },
        scope: 'app-everywhere',
        browserUid: session,
        from: { session, device: device.name, place: device.place },
      },
    );
    if (ended.kind === 'nothing') return seeOther(ctx, '/devices');
    await answerLogout(ctx, ended, { client: undefined, continueUri: undefined }, parts);
  });
}

type RowParts = AccountAppsParts & { readonly language: Language };

async function rowsOf(ctx: Context, parts: RowParts): Promise<readonly AccessRow[]> {
  const { id } = personOf(ctx).account;
  const [consents, access] = await Promise.all([
    parts.store.accounts.consents(id, APPS_MAX),
    parts.store.provider.access(id, APPS_MAX),
  ]);
  const scopes = new Map(consents.map((each) => [each.clientId, each]));
  const used = new Map(access.map((each) => [each.clientId, each]));
  const rows = [...new Set([...used.keys(), ...scopes.keys()])].map((clientId) => {
    const consent = scopes.get(clientId);
    const since = Math.min(...[used.get(clientId)?.since, consent?.updatedAt].filter((at) => at !== undefined));
    return accessRow(clientId, parts, { since, scopes: consent?.scopes ?? [], access: used.get(clientId) });
  });
  return rows.toSorted((one, other) => (other.lastUsedAt ?? 0) - (one.lastUsedAt ?? 0));
}

function accessRow(
  clientId: string,
  { clientOf, extraScopes, language }: RowParts,
  facts: { readonly since: number; readonly scopes: readonly string[]; readonly access: AppAccess | undefined },
): AccessRow {
  const client: Client | undefined = clientOf(clientId);
  const face = client && appFace(client, language);
  const { since, scopes, access } = facts;
  return {
    clientId,
    name: face?.name ?? clientId,
    ...(face?.uri !== undefined && { uri: face.uri }),
    permissions: permissionsOf(scopes, extraScopes),
    since,
    ...(access && { lastUsedAt: access.lastUsedAt }),
    offline: access?.offline ?? false,
    canBeTold: client !== undefined && canBeTold(client),
    isOwn: client?.party === 'first',
  };
}

/** What is absent is null, never left out. */
function accessJson(row: AccessRow): Record<string, unknown> {
  return {
    client_id: row.clientId,
    name: row.name,
    scopes: row.permissions.map(({ scope }) => scope),
    since: iso(row.since),
    last_used_at: iso(row.lastUsedAt) ?? null,
    offline: row.offline,
    can_be_told: row.canBeTold,
  };
}
