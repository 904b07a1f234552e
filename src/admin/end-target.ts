import { z } from 'zod';
import type { EndTarget } from '../logout/logout.ts';
import type { Admin } from './admin.ts';
import { InvalidInput, idText } from './input.ts';
import { accountNamed } from './people.ts';
import { notThere, type Operator, permit } from './use-case.ts';

/** What ends an app everywhere, and what steers a walk. */
export const OF_AN_APP = { scope: 'signoff.sessions', role: 'operator' } as const;
/** What ends everybody's sessions, and what steers that. */
export const OF_EVERYBODY = { scope: 'signoff.admin', role: 'owner' } as const;

/** How an operator says what is to end. */
export const targetMembers = {
  session: idText.optional().describe('One session.'),
  account: idText.optional().describe('All sessions of an account, by name or id; with client only that app.'),
  client: idText.optional().describe('One app, of everybody or of the account.'),
  everybody: z.literal(true).optional().describe('All sessions of everybody; for owners.'),
  keep: idText.optional().describe('With everybody: all but this session.'),
};

type TargetInput = { readonly [Name in keyof typeof targetMembers]?: z.output<(typeof targetMembers)[Name]> };

/** Throws what is wrong with it, 403 where it is more than `who` may end, and 404. */
export async function targetOf(admin: Admin, who: Operator, input: TargetInput): Promise<EndTarget> {
  const { session, account, client, everybody, keep } = input;
  if (everybody) return everybodyBut(admin, who, input);
  if (keep !== undefined) throw new InvalidInput([{ field: 'keep', message: 'goes with everybody only.' }]);
  if (session !== undefined) {
    if (account !== undefined || client !== undefined) throw oneTarget();
    return { kind: 'session', uid: session };
  }
  if (account !== undefined) {
    const { id: accountId } = await accountNamed(admin, account);
    if (client !== undefined) assertClient(admin, client);
    return client === undefined
      ? { kind: 'account', accountId }
      : { kind: 'account-client', accountId, clientId: client };
  }
  if (client === undefined) throw oneTarget();
  permit(who, OF_AN_APP);
  assertClient(admin, client);
  return { kind: 'client', clientId: client };
}

async function everybodyBut(admin: Admin, who: Operator, input: TargetInput): Promise<EndTarget> {
  const { session, account, client, keep } = input;
  if (session !== undefined || account !== undefined || client !== undefined) throw oneTarget();
  permit(who, OF_EVERYBODY);
  if (keep === undefined) return { kind: 'everybody' };
  const kept = await admin.store.sessions.findByUid(keep);
  if (!kept) throw notThere('session_unknown', `There is no live session ${keep} to keep.`);
  return { kind: 'everybody', exceptUid: keep };
}

function oneTarget(): InvalidInput {
  const message = 'Say exactly one of session, account, client, account with client, or everybody.';
  return new InvalidInput([{ field: '', message }]);
}

function assertClient({ registry }: Admin, clientId: string): void {
  const known = registry.get(clientId);
  if (!known || known.state === 'removed') throw notThere('client_unknown', `There is no app ${clientId}.`);
}
