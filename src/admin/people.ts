/** Finding the account that somebody named. */
import type { Account } from '../accounts/account.ts';
import type { Admin } from './admin.ts';
import { notThere } from './use-case.ts';

/** By user name, else by id; never a deleted one. Throws 404 `account_unknown`. */
export async function accountNamed({ store }: Pick<Admin, 'store'>, nameOrId: string): Promise<Account> {
  const account = (await store.accounts.findByUsername(nameOrId)) ?? (await store.accounts.find(nameOrId));
  if (account && account.state !== 'deleted') return account;
  throw notThere('account_unknown', `There is no account ${nameOrId}.`);
}

/** Looks each account up once; null for one that is deleted. */
export function usernames({ store }: Pick<Admin, 'store'>): (accountId: string) => Promise<string | null> {
  const known = new Map<string, Promise<string | null>>();
  return (accountId) => {
    const name = known.get(accountId) ?? store.accounts.find(accountId).then((account) => account?.username || null);
    known.set(accountId, name);
    return name;
  };
}
