import { userInfo } from 'node:os';
import type { z } from 'zod';
import type { Admin } from '../admin/admin.ts';
import { LISTEN_EVERY_MS, listenToClient, startListening, type TokenCopy } from '../admin/listen.ts';
import type { LogoutJson } from '../admin/logout-json.ts';
import { API_SCOPES } from '../admin/roles.ts';
import { type Operator, perform, type UseCase } from '../admin/use-case.ts';
import { pause } from '../ops/pause.ts';
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
  /** Hands over a fresh copy of each logout token for an app, one after the other, until `signal` says that it is enough. */
  listen(clientId: string, heard: (event: Heard) => Promise<void>, signal: AbortSignal): Promise<void>;
}

export type Heard =
  | { readonly kind: 'begun' }
  | { readonly kind: 'copy'; readonly copy: TokenCopy }
  /** There were more than are handed over. */
  | { readonly kind: 'missed' }
  /** The server is away; it is asked again. */
  | { readonly kind: 'lost'; readonly why: string };

/** How far a logout is. */
export type Far = Pick<LogoutJson['progress'], 'sessions_ended' | 'told' | 'deliveries'>;

/** In the name of whoever runs commands here: who can read the key file may do all. */
export function localDesk({ admin }: Pick<Product, 'admin'>): Desk {
  return {
    act: (useCase, input) => perform(useCase, admin, commander(), input),
    listen: (clientId, heard, signal) => listenHere(admin, { clientId, heard, signal }),
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

/** Who listens, and to what. */
export interface Listener {
  readonly clientId: string;
  readonly heard: (event: Heard) => Promise<void>;
  readonly signal: AbortSignal;
}

async function listenHere(admin: Admin, { clientId, heard, signal }: Listener): Promise<void> {
  await perform(listenToClient, admin, commander(), { id: clientId });
  const listening = await startListening(admin, clientId, undefined);
  await heard({ kind: 'begun' });
  while (!signal.aborted) {
    const { copies, missed } = await listening.next();
    for (const copy of copies) await heard({ kind: 'copy', copy });
    if (missed) await heard({ kind: 'missed' });
    await pause(LISTEN_EVERY_MS, signal);
  }
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
