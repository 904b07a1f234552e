import { userInfo } from 'node:os';
import type { z } from 'zod';
import { API_SCOPES } from '../admin/roles.ts';
import { type Operator, perform, type UseCase } from '../admin/use-case.ts';
import type { Product } from './product.ts';

/** Does a use case in the name of whoever runs commands here: who can read the key file may do all. */
export function act<In extends z.ZodType, Out extends z.ZodType>(
  { admin }: Pick<Product, 'admin'>,
  useCase: UseCase<In, Out>,
  input: unknown,
): Promise<z.output<Out>> {
  return perform(useCase, admin, commander(), input);
}

function commander(): Operator {
  return { actor: { kind: 'command', id: nameOfUser() }, role: 'owner', scopes: API_SCOPES, from: undefined };
}

/** In a container a user may have a number only. */
function nameOfUser(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
}
