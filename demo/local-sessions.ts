import { randomBytes } from 'node:crypto';
import { createSidIndex, type SidIndex } from '../src/rp/rp.ts';
import type { SignedIn } from './oidc-client.ts';

/** How long this app itself would keep somebody signed in. */
const SESSION_MS = 8 * 3_600_000;

/** One signed-in browser of this app. Instants are epoch milliseconds. */
export interface LocalSession extends SignedIn {
  readonly id: string;
  readonly since: number;
  readonly expiresAt: number;
}

export interface LocalSessions {
  /** What the logout handler looks into. */
  readonly index: SidIndex;
  /** undefined: its logout token came before the sign-in had finished, so it must not start. */
  start(signedIn: SignedIn): LocalSession | undefined;
  find(id: string | undefined): LocalSession | undefined;
  end(id: string): void;
}

/** The app's own sessions, in memory: a restart of a demo app signs everybody out of it. */
export function createLocalSessions(): LocalSessions {
  const index = createSidIndex();
  const sessions = new Map<string, LocalSession>();
  return {
    index,
    start(signedIn) {
      const since = Date.now();
      const id = randomBytes(32).toString('base64url');
      const session = { ...signedIn, id, since, expiresAt: since + SESSION_MS };
      if (index.add(session) === 'already-ended') return undefined;
      sessions.set(id, session);
      return session;
    },
    find(id) {
      const session = id === undefined ? undefined : sessions.get(id);
      return session !== undefined && session.expiresAt > Date.now() ? session : undefined;
    },
    end(id) {
      sessions.delete(id);
      index.remove(id);
    },
  };
}
