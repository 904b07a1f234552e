import { canBeTold } from '../clients/can-be-told.ts';
import { isLive } from '../sessions/session.ts';
import type { SessionFilter, SessionView } from '../store/store.ts';
import type { Admin } from './admin.ts';

/** What an end would reach. */
export interface Preview {
  readonly accounts: number;
  readonly sessions: number;
  readonly participations: number;
  readonly apps: readonly { readonly client_id: string; readonly sessions: number; readonly can_be_told: boolean }[];
}

const PAGE = 500;

/** Counts page by page, so that a large store is read in short looks. `within`: which of them is meant. */
export async function previewOf(
  { store, registry }: Pick<Admin, 'store' | 'registry'>,
  filter: Omit<SessionFilter, 'state'>,
  within: (view: SessionView) => boolean = () => true,
): Promise<Preview> {
  const accounts = new Set<string>();
  const apps = new Map<string, number>();
  let sessions = 0;
  let participations = 0;
  for (let after: string | undefined; ; ) {
    const page = await store.sessions.list({ ...filter, state: 'live' }, { limit: PAGE, ...(after && { after }) });
    for (const view of page.filter(within)) {
      const inside = view.participations.filter(isLive).filter(isMeant(filter));
      sessions += 1;
      participations += inside.length;
      accounts.add(view.session.accountId);
      for (const clientId of new Set(inside.map((one) => one.clientId)))
        apps.set(clientId, (apps.get(clientId) ?? 0) + 1);
    }
    after = page.at(-1)?.session.uid;
    if (page.length < PAGE || after === undefined) break;
  }
  return {
    accounts: accounts.size,
    sessions,
    participations,
    apps: [...apps].map(([client_id, count]) => {
      const client = registry.get(client_id)?.client;
      return { client_id, sessions: count, can_be_told: client !== undefined && canBeTold(client) };
    }),
  };
}

function isMeant({ clientId }: Pick<SessionFilter, 'clientId'>) {
  return (one: { readonly clientId: string }) => clientId === undefined || one.clientId === clientId;
}
