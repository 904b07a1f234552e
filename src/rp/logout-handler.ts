import type { IncomingMessage, ServerResponse } from 'node:http';
import { LogoutTokenError, type LogoutTokenProblem } from './logout-token-error.ts';
import type { SidIndex } from './sid-index.ts';
import type { LogoutToken } from './verify-logout-token.ts';

/** A logout token is about 1 KB; nothing that is ten times as long is one. */
const BODY_BYTES_MAX = 16 * 1024;

/** What became of one request, for the app's own log. */
export type LogoutOutcome =
  | { readonly kind: 'ended'; readonly token: LogoutToken; readonly sessions: readonly string[] }
  /** A token that has done its work, sent again: the first answer was lost on the way. */
  | { readonly kind: 'repeated'; readonly message: string }
  | { readonly kind: 'refused'; readonly code: RefusalCode; readonly message: string; readonly cause: unknown };

type RefusalCode = LogoutTokenProblem | 'request_invalid' | 'logout_failed';

export interface LogoutHandlerParts {
  /** Verifies one token, or throws LogoutTokenError: `(token) => verifyLogoutToken(token, rules)`. */
  readonly verify: (token: string) => Promise<LogoutToken>;
  readonly index: Pick<SidIndex, 'end' | 'remove'>;
  /** Ends one local session by the app's own id. A failure is answered with 400, and the provider tries again. */
  readonly endSession: (id: string) => void | Promise<void>;
  /** Told of each request after it was answered. */
  readonly onOutcome?: (outcome: LogoutOutcome) => void;
}

/**
 * The handler for `backchannel_logout_uri` on node:http (Back-Channel Logout 1.0 §2.5 to §2.8; R12 to R14): 200 when
 * the session is over, also when it was before; 400 with `error` and `error_description` for everything else; never
 * cached. Put it before any guard against cross-site posts and any login guard: the caller is a server without cookies.
 * Where a body parser has read the form, it is taken from `request.body` (Express), or from `body`: with Koa
 * `handler(ctx.req, ctx.res, ctx.request.body)`.
 */
export function createLogoutHandler(parts: LogoutHandlerParts) {
  return async (
    request: IncomingMessage & { readonly body?: unknown },
    response: ServerResponse,
    body: unknown = undefined,
  ): Promise<void> => {
    // Express hands over its `next` there.
    const parsed = typeof body === 'function' || body === undefined ? request.body : body;
    const outcome = await receive(request, parsed, parts);
    answer(response, outcome);
    parts.onOutcome?.(outcome);
  };
}

async function receive(request: IncomingMessage, parsed: unknown, parts: LogoutHandlerParts): Promise<LogoutOutcome> {
  try {
    const token = await parts.verify(await readToken(request, parsed));
    const sessions = await endSessions(token, parts);
    await token.spend();
    return { kind: 'ended', token, sessions };
  } catch (cause) {
    // Spent after its sessions were over, so 200 is the truth; a sign-in since then is not what it spoke of.
    if (cause instanceof LogoutTokenError && cause.code === 'token_replayed') {
      return { kind: 'repeated', message: cause.message };
    }
    const isOurs = cause instanceof LogoutTokenError || cause instanceof Refusal;
    const [code, message] = isOurs ? [cause.code, cause.message] : (['logout_failed', 'The logout failed.'] as const);
    return { kind: 'refused', code, message, cause };
  }
}

/** All of them are tried; one that fails stays in the index, so that the provider's next try finds it again. */
async function endSessions(token: LogoutToken, { index, endSession }: LogoutHandlerParts): Promise<readonly string[]> {
  const sessions = index.end(token);
  const results = await Promise.allSettled(
    sessions.map(async (id) => {
      await endSession(id);
      index.remove(id);
    }),
  );
  const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
  if (failures.length > 0) throw new AggregateError(failures, 'The app could not end every session.');
  return sessions;
}

function answer(response: ServerResponse, outcome: LogoutOutcome): void {
  response.setHeader('Cache-Control', 'no-store');
  if (outcome.kind !== 'refused') {
    response.writeHead(200).end();
    return;
  }
  response.writeHead(400, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify({ error: outcome.code, error_description: outcome.message }));
}

/** The one `logout_token` of a form post (§2.5). */
async function readToken(request: IncomingMessage, parsed: unknown): Promise<string> {
  if (request.method !== 'POST') throw new Refusal('request_invalid', 'A logout token is sent by POST.');
  if (!/^application\/x-www-form-urlencoded\s*(;|$)/i.test(request.headers['content-type'] ?? ''))
    throw new Refusal('request_invalid', 'A logout token is sent as application/x-www-form-urlencoded.');
  const [token, another] = tokensIn(parsed) ?? new URLSearchParams(await readBody(request)).getAll('logout_token');
  if (token === undefined) throw new Refusal('request_invalid', 'The form has no logout_token.');
  if (another !== undefined) throw new Refusal('request_invalid', 'The form has more than one logout_token.');
  return token;
}

/** What a body parser made of the form; undefined where it made nothing of it (Express 4 leaves `{}` then). */
function tokensIn(parsed: unknown): readonly string[] | undefined {
  if (typeof parsed === 'string' || Buffer.isBuffer(parsed)) {
    return new URLSearchParams(parsed.toString()).getAll('logout_token');
  }
  if (typeof parsed !== 'object' || parsed === null || !Object.hasOwn(parsed, 'logout_token')) return undefined;
  const tokens = [(parsed as { readonly logout_token: unknown }).logout_token].flat();
  return tokens.filter((one) => typeof one === 'string');
}

async function readBody(request: IncomingMessage): Promise<string> {
  if (request.readableEnded)
    throw new Refusal('request_invalid', 'A body parser has read the form; hand what it made of it to the handler.');
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    // What comes after the limit is read and dropped: an answer given in mid-request may never be seen.
    if (bytes <= BODY_BYTES_MAX) chunks.push(chunk);
  }
  if (bytes > BODY_BYTES_MAX) throw new Refusal('request_invalid', 'The form is larger than any logout token.');
  return Buffer.concat(chunks).toString('utf8');
}

class Refusal extends Error {
  readonly code: RefusalCode;

  constructor(code: RefusalCode, message: string) {
    super(message);
    this.code = code;
  }
}
