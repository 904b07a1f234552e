import { appName } from '../../clients/app-name.ts';
import { canBeTold } from '../../clients/can-be-told.ts';
import type { Client } from '../../clients/client-file.ts';
import type { Store } from '../../store/store.ts';
import type { Language } from '../../words/language.ts';
import type { ActFacts } from './ask-first.ts';
import type { Drastic } from './own-page-models.ts';
import type { Person } from './signed-in.ts';

/** Who sent the form, and reads the page that asks. */
export type Reader = Person & { readonly language: Language };

/** What a drastic act would end, in numbers; `clientId`: the one app that it is about. */
export async function measureAct(
  what: Drastic,
  { browser, language }: Reader,
  parts: {
    readonly store: { readonly sessions: Pick<Store['sessions'], 'reach'> };
    readonly clientOf: (clientId: string) => Client | undefined;
  },
  clientId?: string,
): Promise<ActFacts> {
  const { accountId, uid } = browser.session;
  const reach = await parts.store.sessions.reach(accountId, what === 'others' ? uid : undefined);
  const apps = reach.apps.filter((app) => clientId === undefined || app.clientId === clientId);
  const name = (id: string) => {
    const client = parts.clientOf(id);
    return client ? appName(client, language) : id;
  };
  const isTold = (id: string) => {
    const client = parts.clientOf(id);
    return client !== undefined && canBeTold(client);
  };
  return {
    what,
    devices: clientId === undefined ? reach.sessions : apps.reduce((sum, app) => sum + app.sessions, 0),
    signIns: apps.reduce((sum, app) => sum + app.signIns, 0),
    cannotBeTold: apps.filter((app) => !isTold(app.clientId)).map((app) => name(app.clientId)),
    ...(clientId !== undefined && { appName: name(clientId) }),
  };
}
