import type { z } from 'zod';
import type { Role } from '../accounts/account.ts';
import { AppError } from '../errors.ts';
import type { AuditActor } from '../store/store.ts';
import type { Admin } from './admin.ts';
import { readInput } from './input.ts';
import { type ApiScope, reaches } from './roles.ts';

/** Who asks: an account with a role, a program with scopes, or whoever runs commands on the machine. */
export interface Operator {
  readonly actor: AuditActor;
  /** Of a program: `owner`; its scopes say what it may. */
  readonly role: Role;
  /** Of a person at a page or a terminal: all that the role can have. */
  readonly scopes: readonly ApiScope[];
  /** The address it came from, where it came over a network. */
  readonly from: string | undefined;
}

/** What somebody must be and have, to do a thing. */
export interface Needs {
  readonly scope: ApiScope;
  readonly role: Role;
}

/** One thing that an operator can do. */
export interface UseCase<In extends z.ZodType = z.ZodType, Out extends z.ZodType = z.ZodType> extends Needs {
  /** Also the action of its audit row. */
  readonly name: string;
  /** One sentence, for help and for the API's document. */
  readonly summary: string;
  readonly input: In;
  /** What is absent is null. */
  readonly output: Out;
  readonly run: (admin: Admin, who: Operator, input: z.output<In>) => Promise<z.output<Out>>;
}

export function useCase<In extends z.ZodType, Out extends z.ZodType>(given: UseCase<In, Out>): UseCase<In, Out> {
  return given;
}

/** Throws AppError: 403 for whoever may not, 422 (`InvalidInput`) for what cannot be read, and what the use case says. */
export async function perform<In extends z.ZodType, Out extends z.ZodType>(
  wanted: UseCase<In, Out>,
  admin: Admin,
  who: Operator,
  input: unknown,
): Promise<z.output<Out>> {
  permit(who, wanted);
  return wanted.run(admin, who, readInput(wanted.input, input));
}

/** Whether `who` may; for surfaces that show only what can be done. */
export function permits(who: Operator, { scope, role }: Needs): boolean {
  return who.scopes.includes(scope) && reaches(who.role, role);
}

/** Throws `NotPermitted`. */
export function permit(who: Operator, { scope, role }: Needs): void {
  if (!who.scopes.includes(scope)) throw new NotPermitted('scope_missing', `This needs the scope ${scope}.`, scope);
  if (!reaches(who.role, role)) throw new NotPermitted('role_missing', `This needs the role ${role}.`, scope);
}

/** Somebody who is known, but may not. */
export class NotPermitted extends AppError {
  readonly scope: ApiScope;

  constructor(code: string, publicMessage: string, scope: ApiScope) {
    super({ code, status: 403, publicMessage });
    this.scope = scope;
  }
}

export function notThere(code: string, publicMessage: string): AppError {
  return new AppError({ code, status: 404, publicMessage });
}

export function conflict(code: string, publicMessage: string): AppError {
  return new AppError({ code, status: 409, publicMessage });
}

/** Of a change of what its sender has seen: 412 where that is old, 428 where it was not said. */
export function precondition(status: 412 | 428, code: string, publicMessage: string): AppError {
  return new AppError({ code, status, publicMessage });
}
