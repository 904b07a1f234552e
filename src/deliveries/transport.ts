import type { IncomingHttpHeaders } from 'node:http';
import type { Clock } from '../ops/clock.ts';
import type { Called, OutboundClient } from '../ops/outbound-client.ts';
import type { Trust } from '../ops/trust.ts';
import { answerSnippet } from './answer-snippet.ts';

/** What one POST led to. `ms` counts from the call to the answer's head or to the failure. */
export type Outcome =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly ms: number;
      /** For operators: the first bytes of the body, made harmless; undefined where it is empty or did not matter. */
      readonly snippet: string | undefined;
      /** As the header says, from now; undefined where it says nothing that can be read. */
      readonly retryAfterMs: number | undefined;
      /** The app's `Date` minus our clock; accurate to a second. */
      readonly clockAheadMs: number | undefined;
    }
  /** No answer: name, connection, TLS, timeout, broken HTTP. `code` as Node names it, `ETIMEDOUT` for our own limits. */
  | { readonly kind: 'failure'; readonly code: string; readonly message: string; readonly ms: number }
  /** Our own address rules forbid the call (invariant 10). */
  | { readonly kind: 'blocked'; readonly why: string; readonly ms: number };

interface How {
  /** From the first byte written to the end of the answer; name, connection and TLS have limits of their own. */
  readonly answerMs: number;
  /** Cuts the call off, a failure with code `EABORTED`. */
  readonly signal?: AbortSignal;
  /** Whom to believe for this app, where that is not the usual (`tls_ca`, `tls_pin`). */
  readonly trust?: Trust;
}

/** Posts logout tokens. */
export interface Transport {
  /**
   * POSTs `logout_token=…` to a client's logout address, whose query is kept (B5, B17). `mint` makes a fresh token each
   * time one is sent: the same `jti` twice would be a replay (invariant 8). Rejects only when it cannot make the first.
   */
  post(url: string, mint: () => Promise<string>, how: How): Promise<Outcome>;
  /** Closes every socket; calls under way fail. */
  close(): void;
}

const BODY_BYTES_MAX = 4 * 1024;
/** How long the body of a 200 may take: the answer has been given, only the socket is worth keeping. */
const DRAIN_MS = 1_000;

export function createTransport({ client, clock }: { client: OutboundClient; clock: Clock }): Transport {
  function send(url: string, token: string, sockets: 'kept' | 'fresh', how: How): Promise<Called> {
    return client.call({
      method: 'POST',
      url,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: `logout_token=${token}`,
      sockets,
      ...how,
    });
  }

  return {
    /**
     * A kept socket may have been closed by the other side just now; then, and only then, a fresh one is tried at once.
     * With a fresh token: the app may have read the first one before it closed.
     */
    async post(url, mint, how) {
      const called = await send(url, await mint(), 'kept', how);
      const isStale = called.kind === 'failure' && called.stale;
      const again = isStale ? await mint().catch(() => undefined) : undefined;
      return outcomeOf(again === undefined ? called : await send(url, again, 'fresh', how), clock.now());
    },
    close: () => client.close(),
  };
}

async function outcomeOf(called: Called, now: number): Promise<Outcome> {
  switch (called.kind) {
    case 'blocked':
      return called;
    case 'failure': {
      const { kind, code, message, ms } = called;
      return { kind, code, message, ms };
    }
    case 'answer': {
      const { kind, status, ms, headers } = called;
      return { kind, status, ms, ...readHead(headers, now), snippet: await snippetOf(called) };
    }
  }
}

function readHead(headers: IncomingHttpHeaders, now: number) {
  const date = Date.parse(headers.date ?? '');
  return {
    retryAfterMs: retryAfter(headers['retry-after'], now),
    clockAheadMs: Number.isNaN(date) ? undefined : date - now,
  };
}

/** RFC 9110 §10.2.3: seconds or a date. */
function retryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** A 200 or 204 has said all it can say: its body is drained behind the caller's back, within limits. */
async function snippetOf({ status, body }: Extract<Called, { kind: 'answer' }>): Promise<string | undefined> {
  if (status !== 200 && status !== 204) return answerSnippet((await body(BODY_BYTES_MAX)).bytes);
  void body(BODY_BYTES_MAX, DRAIN_MS);
  return undefined;
}
