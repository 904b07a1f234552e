import type { Account } from '../../accounts/account.ts';
import { appName } from '../../clients/app-name.ts';
import { canBeTold } from '../../clients/can-be-told.ts';
import type { Client } from '../../clients/client-file.ts';
import type { Scope } from '../../logout/logout.ts';
import type { LogoutDecision } from '../../logout/logout-policy.ts';
import type { EndSessionRequest } from '../../oidc/end-session-request.ts';
import { liveParticipations } from '../../sessions/session.ts';
import type { HeldSession, SessionView, Store } from '../../store/store.ts';
import type { Language } from '../../words/language.ts';
import { appFace } from '../app-face.ts';
import type { SignOffChoice, SignOffPage } from '../page-models.ts';
import { personFace } from '../person-face.ts';

export interface SignOffPageParts {
  readonly store: {
    readonly sessions: Pick<Store['sessions'], 'list'>;
    readonly accounts: Pick<Store['accounts'], 'find'>;
  };
  readonly clientOf: (clientId: string) => Client | undefined;
}

/** More sessions than a person has; whoever has more (a robot's account) reads too small a number. */
const SESSIONS_COUNTED = 1_000;

type Ask = Extract<LogoutDecision, { kind: 'ask' }>;

interface Asked {
  readonly ask: Ask;
  readonly request: EndSessionRequest;
  readonly browser: HeldSession;
  /** Where it is sent, and the request that it carries along. */
  readonly form: { readonly action: string; readonly sealed: string };
  readonly language: Language;
}

/** The sign-off page: what each choice would end, in numbers, before anything does. Undefined when the account is gone. */
export async function signOffPage(
  { ask, request, browser, form, language }: Asked,
  { store, clientOf }: SignOffPageParts,
): Promise<SignOffPage | undefined> {
  const { accountId, uid } = browser.session;
  const account = await store.accounts.find(accountId);
  if (account === undefined) return undefined;
  const views = await store.sessions.list({ accountId, state: 'live' }, { limit: SESSIONS_COUNTED });
  const reach = measure(views, uid, request.client?.client_id);
  const name = (id: string) => nameOf(id, clientOf(id), language);
  const untold = reach.clientIds.filter((id) => !tellable(clientOf(id)));
  return {
    form: { action: form.action, hidden: [{ name: 'request', value: form.sealed }] },
    ...(request.client && { app: appFace(request.client, language) }),
    person: personFace(account satisfies Account),
    choices: ask.offered.map((scope) => choice(scope, reach, name)),
    chosen: ask.preselected,
    cannotBeTold: untold.map(name),
    ...notice(request),
  };
}

interface Reach {
  /** Apps of this browser's session. */
  readonly here: readonly string[];
  /** Apps of all sessions. */
  readonly clientIds: readonly string[];
  readonly devices: number;
  readonly signIns: number;
  /** Sessions with the asking app inside. */
  readonly devicesOfClient: number;
}

function measure(views: readonly SessionView[], uid: string, clientId: string | undefined): Reach {
  const live = views.map((view) => ({
    uid: view.session.uid,
    apps: liveParticipations(view).map((one) => one.clientId),
  }));
  return {
    here: unique(live.filter((one) => one.uid === uid).flatMap((one) => one.apps)),
    clientIds: unique(live.flatMap((one) => one.apps)),
    devices: live.length,
    signIns: live.reduce((sum, one) => sum + one.apps.length, 0),
    devicesOfClient: live.filter((one) => clientId !== undefined && one.apps.includes(clientId)).length,
  };
}

function unique(ids: readonly string[]): string[] {
  return [...new Set(ids)];
}

function choice(scope: Scope, reach: Reach, name: (clientId: string) => string): SignOffChoice {
  switch (scope) {
    case 'app-here':
      return { scope };
    case 'all-here':
      return { scope, apps: reach.here.map(name) };
    case 'app-everywhere':
      return { scope, devices: reach.devicesOfClient };
    case 'all-everywhere':
      return { scope, devices: reach.devices, signIns: reach.signIns };
  }
}

function nameOf(clientId: string, client: Client | undefined, language: Language): string {
  return client ? appName(client, language) : clientId;
}

function tellable(client: Client | undefined): boolean {
  return client !== undefined && canBeTold(client);
}

/** Why a request with a good-looking hint still ends on this page. */
function notice({ hint }: EndSessionRequest): Pick<SignOffPage, 'notice'> {
  if (hint === 'other-account') return { notice: 'other-account' };
  return hint === 'stale' ? { notice: 'old-request' } : {};
}
