import type { Context, Middleware } from 'koa';
import { SCOPES_OF_ROLE } from '../../admin/roles.ts';
import type { Operator } from '../../admin/use-case.ts';
import type { OperatorStore } from '../../store/store.ts';
import { clientAddressOf } from '../middleware/client-address.ts';
import { personOf, type SignedInOnly } from '../own-pages/signed-in.ts';

export interface OperatorsOnlyParts {
  readonly store: { readonly operators: Pick<OperatorStore, 'role'> };
  readonly signedInOnly: SignedInOnly;
}

/**
 * Stands before the pages of operators. Strangers go to sign in and come back; an account without a role gets the page of an
 * address that is not there. The role is looked up each time: one that was taken away is gone with the next click.
 */
export function createOperatorsOnly({ store, signedInOnly }: OperatorsOnlyParts): Middleware {
  const signedIn = signedInOnly('/admin');
  return (ctx, next) =>
    signedIn(ctx, async () => {
      const { account } = personOf(ctx);
      const role = await store.operators.role(account.id);
      if (role === undefined) return;
      const operator: Operator = {
        actor: { kind: 'account', id: account.id },
        role,
        scopes: SCOPES_OF_ROLE[role],
        from: clientAddressOf(ctx),
      };
      ctx.state['operator'] = operator;
      await next();
    });
}

/** Who is at work; throws where a route forgot the guard. */
export function operatorOf(ctx: Pick<Context, 'state'>): Operator {
  const operator: Operator | undefined = ctx.state['operator'];
  if (operator === undefined) throw new Error('this route needs the guard of operators before it');
  return operator;
}
