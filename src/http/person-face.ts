import type { Account } from '../accounts/account.ts';
import type { PersonFace } from './page-models.ts';

/** How pages name the person who is signed in. Claims may hold anything, so only text counts as a name. */
export function personFace({ username, claims }: Pick<Account, 'username' | 'claims'>): PersonFace {
  const name = claims['name'];
  return { name: typeof name === 'string' && name.trim() !== '' ? name : username, username };
}
