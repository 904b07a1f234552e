import type { Account } from '../accounts/account.ts';
import { isLive } from '../sessions/session.ts';
import type { Context } from './command.ts';
import { EXIT } from './exit-codes.ts';
import type { Product } from './product.ts';

/** By user name, else by id; never a deleted one. */
export async function findAccount({ store }: Product, nameOrId: string): Promise<Account | undefined> {
  const account = (await store.accounts.findByUsername(nameOrId)) ?? (await store.accounts.find(nameOrId));
  return account?.state === 'deleted' ? undefined : account;
}

/** What is about to end, counted: live sessions, and the different apps inside. */
export async function countSessions(
  { store }: Product,
  filter: { readonly accountId?: string; readonly clientId?: string },
): Promise<{ readonly sessions: number; readonly apps: number; readonly accounts: number }> {
  const apps = new Set<string>();
  const accounts = new Set<string>();
  let sessions = 0;
  let after: string | undefined;
  for (;;) {
    const page = await store.sessions.list({ ...filter, state: 'live' }, { limit: 500, ...(after && { after }) });
    for (const { session, participations } of page) {
      sessions += 1;
      accounts.add(session.accountId);
      for (const one of participations.filter(isLive)) apps.add(one.clientId);
    }
    after = page.at(-1)?.session.uid;
    if (page.length < 500 || after === undefined) return { sessions, apps: apps.size, accounts: accounts.size };
  }
}

/** "2 sessions", "1 session". */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** Says so; exit code 4. */
export function nobody({ terminal }: Context, name: string): typeof EXIT.nothing {
  terminal.note(`There is no account ${name}.`);
  return EXIT.nothing;
}
