import { userInfo } from 'node:os';
import type { z } from 'zod';
import type { LogoutJson } from '../admin/logout-json.ts';
import { API_SCOPES } from '../admin/roles.ts';
import { type Operator, perform, type UseCase } from '../admin/use-case.ts';
import type { Product } from './product.ts';

/** Where a command has its use cases done: on the store itself (`localDesk`), or by a server (`remote-desk.ts`). */
export interface Desk {
  /** Throws AppError, the same for both. */
  act<In extends z.ZodType, Out extends z.ZodType>(useCase: UseCase<In, Out>, input: unknown): Promise<z.output<Out>>;
  /**
   * Stays up to `waitMs` to see the apps of a logout told. Whoever looks on (`onLook`) stays for all of a walk that is not
   * paused, and `waitMs` is counted from its end.
   */
  follow(logoutId: string, waitMs: number, onLook?: (far: Far) => void): Promise<void>;
}

/** How far a logout is. */
export type Far = Pick<LogoutJson['progress'], 'sessions_ended' | 'told' | 'deliveries'>;

/** In the name of whoever runs commands here: who can read the key file may do all. */
export function localDesk({ admin }: Pick<Product, 'admin'>): Desk {
  return {
    act: (useCase, input) => perform(useCase, admin, commander(), input),
    async follow(logoutId, waitMs, onLook) {
      await admin.tellApps(
        logoutId,
        waitMs,
        'settled',
        onLook &&
          (({ progress, logout }) =>
            onLook({
              sessions_ended: logout?.sessionsEnded ?? 0,
              told: progress.told,
              deliveries: progress.total,
            })),
      );
    },
  };
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
