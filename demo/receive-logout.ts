import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLogoutHandler, createReplayGuard, type LogoutOutcome, verifyLogoutToken } from '../src/rp/rp.ts';
import type { AppSettings } from './app-settings.ts';
import type { LocalSessions } from './local-sessions.ts';
import type { OidcClient } from './oidc-client.ts';
import { type Mode, SLOW_MS, type TokenNews } from './page.ts';

/** What became of one logout token. */
export interface TokenReport extends TokenNews {
  /** From its arrival to our answer, in milliseconds. */
  readonly ms: number;
}

export interface LogoutReceiverParts {
  readonly app: AppSettings;
  readonly oidc: Pick<OidcClient, 'keys'>;
  readonly sessions: LocalSessions;
  readonly mode: () => Mode;
  readonly report: (report: TokenReport) => void;
}

/** The app's logout address: the kit's handler, and around it the bad days that people can switch on. */
export function createLogoutReceiver({ app, oidc, sessions, mode, report }: LogoutReceiverParts) {
  const rules = { issuer: app.issuer, clientId: app.id, keys: oidc.keys, replayGuard: createReplayGuard() };

  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const arrivedAt = Date.now();
    const tell = (news: Omit<TokenReport, 'at' | 'ms'>): void =>
      report({ ...news, at: Date.now(), ms: Date.now() - arrivedAt });
    const handle = createLogoutHandler({
      verify: (token) => verifyLogoutToken(token, rules),
      index: sessions.index,
      endSession: (id) => sessions.end(id),
      onOutcome: (outcome) => tell(inWords(outcome)),
    });
    switch (mode()) {
      case 'healthy':
        return await handle(request, response);
      case 'slow':
        await sleep(SLOW_MS, undefined, { ref: false });
        return await handle(request, response);
      case 'down':
        request.socket.destroy();
        return tell({ sid: undefined, verdict: 'closed the connection', ended: 0 });
      case 'refuses':
        request.resume();
        response.writeHead(400, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
        response.end(JSON.stringify({ error: 'logout_failed', error_description: 'This app was told to refuse.' }));
        return tell({ sid: undefined, verdict: 'refused (400)', ended: 0 });
    }
  };
}

function inWords(outcome: LogoutOutcome): Omit<TokenReport, 'at' | 'ms'> {
  if (outcome.kind === 'ended')
    return { sid: outcome.token.sid, verdict: 'confirmed (200)', ended: outcome.sessions.length };
  if (outcome.kind === 'repeated') return { sid: undefined, verdict: 'confirmed again (200)', ended: 0 };
  return { sid: undefined, verdict: `refused (400 ${outcome.code})`, ended: 0 };
}
