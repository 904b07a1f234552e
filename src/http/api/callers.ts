import type { Context } from 'koa';
import type { Admin } from '../../admin/admin.ts';
import { API_SCOPES, isApiScope } from '../../admin/roles.ts';
import { operatorByToken } from '../../admin/tokens.ts';
import type { Operator } from '../../admin/use-case.ts';
import type { Oidc } from '../../oidc/provider.ts';
import { addressKey, type StrangerLimits } from '../../oidc/stranger-limits.ts';
import { clientAddressOf } from '../middleware/client-address.ts';
import { NoToken } from './problem.ts';

/** A program that is let in asks ten times as often as a stranger may. */
const REQUEST_COST = 0.1;

/** Who calls the API. Throws `NoToken`, and 429 for an address that tries tokens, or a caller that asks too often. */
export function createCallers(parts: {
  readonly admin: Pick<Admin, 'store' | 'clock'>;
  readonly programOf: Oidc['programOf'];
  readonly limits: StrangerLimits;
}): (ctx: Context) => Promise<Operator> {
  const { admin, programOf, limits } = parts;
  const { strangers } = limits;

  function assertMayTry(key: string, address: string): void {
    const waitMs = strangers.waitMs(key);
    if (waitMs > 0) throw limits.refuse({ limit: 'request', address }, waitMs);
  }

  async function lookUp(token: string, from: string): Promise<Operator | undefined> {
    const operator = await operatorByToken(admin, token, from);
    if (operator) return operator;
    const program = await programOf(token);
    return (
      program && {
        actor: { kind: 'client', id: program.clientId },
        role: 'owner',
        scopes: program.scopes.filter(isApiScope).filter((scope) => API_SCOPES.includes(scope)),
        from,
      }
    );
  }

  return async function callerOf(ctx) {
    const address = clientAddressOf(ctx);
    assertMayTry(addressKey(address), address);
    const token = /^Bearer +([\w.~+/=-]{1,500})$/i.exec(ctx.get('Authorization'))?.[1];
    const caller = token === undefined ? undefined : await lookUp(token, address);
    if (!caller) {
      strangers.take(addressKey(address));
      throw new NoToken(ctx.get('Authorization') !== '');
    }
    const key = `operator ${caller.actor.kind} ${caller.actor.id}`;
    assertMayTry(key, address);
    strangers.take(key, REQUEST_COST);
    return caller;
  };
}
