import { failureWords } from './failure-words.ts';
import type { Outcome } from './transport.ts';

/** What an attempt's outcome means. `why` is our sentence for operators with the way out, never an app's words. */
export type Verdict =
  | { readonly kind: 'delivered' }
  /** Time heals it. `afterMs`: when the app asked to be tried next, within bounds. */
  | { readonly kind: 'retry'; readonly why: string; readonly afterMs?: number }
  /** Looks like a wrong setting, but a deploy, a proxy or a sick session store can answer so for minutes. */
  | { readonly kind: 'slow-retry'; readonly why: string }
  /** Its app asked for this end itself: it may have ended its session first, or could not end it just now. */
  | { readonly kind: 'slow-retry-then-moot'; readonly why: string }
  /** Time does not heal it. */
  | { readonly kind: 'refused'; readonly why: string };

/** `Retry-After: 0` must not make a loop, nor a typing error the end of trying. */
const RETRY_AFTER_MS = { min: 1_000, max: 60 * 60 * 1000 };
/** `Date` has whole seconds and travels a while; less than this is no finding. */
const CLOCK_SKEW_MIN_MS = 3_000;

/**
 * DESIGN §6; Back-Channel Logout §2.8 (B18–B20); requirements §17 "Retries". `asked`: as the delivery has it. Pure.
 */
export function verdict(outcome: Outcome, asked = false): Verdict {
  switch (outcome.kind) {
    case 'answer':
      return asked && endedFirst(outcome)
        ? { kind: 'slow-retry-then-moot', why: `400: ${ENDED_FIRST}` }
        : judgeAnswer(outcome);
    case 'blocked':
      return { kind: 'slow-retry', why: `not called: ${outcome.why}` };
    case 'failure':
      return judgeFailure(outcome);
  }
}

function judgeAnswer(answer: Extract<Outcome, { kind: 'answer' }>): Verdict {
  const { status } = answer;
  if (status === 200 || status === 204) return { kind: 'delivered' };
  const final = FINAL[status];
  if (final !== undefined) return { kind: 'refused', why: `${status}: ${final}` };
  if (isTemporary(status)) {
    const why = `${status}: ${TEMPORARY[status] ?? 'the app has a problem of its own'}`;
    if (answer.retryAfterMs === undefined) return { kind: 'retry', why };
    return {
      kind: 'retry',
      why,
      afterMs: Math.max(RETRY_AFTER_MS.min, Math.min(answer.retryAfterMs, RETRY_AFTER_MS.max)),
    };
  }
  return { kind: 'slow-retry', why: `${status}: ${fixFor(status)}${clockHint(answer)}` };
}

/** Only 400 says "no such session": a guard, a wrong path or a wrong clock would be there for other logouts too. */
function endedFirst(answer: Extract<Outcome, { kind: 'answer' }>): boolean {
  return answer.status === 400 && clockHint(answer) === '';
}

const ENDED_FIRST =
  'the app asked for this sign-off itself; if it ends its own session first, let it answer 200 where there is nothing to end';

function isTemporary(status: number): boolean {
  return status in TEMPORARY || status >= 500;
}

const TEMPORARY: Readonly<Record<number, string>> = {
  408: 'the app waited too long for the request',
  425: 'the app wants the request later',
  429: 'the app gets more requests than it takes',
  502: 'the proxy in front of the app got no good answer from it',
  503: 'the app is not available',
  504: 'the proxy in front of the app got no answer from it',
};

const FINAL: Readonly<Record<number, string>> = {
  405: 'the address does not take POST; register the one that receives logout tokens',
  415: 'the app does not read forms there; it must take application/x-www-form-urlencoded (Back-Channel Logout §2.5)',
  501: 'the app says that it does not do back-channel logout; switch it on there, or take the address out',
};

function fixFor(status: number): string {
  if (status >= 300 && status < 400) return 'redirects are not followed; register the address it leads to';
  if (status >= 200 && status < 300) return 'only 200 and 204 mean that the session was ended';
  return FIXES[status] ?? 'an answer that means neither success nor a passing problem; see what the app logs';
}

const FIXES: Readonly<Record<number, string>> = {
  400: 'the app rejected the token or could not end the session; see what the app logs',
  401: 'a login guard stands in front of the address; it must be open without credentials',
  403: 'a guard (CSRF, firewall, login) stands in front of the address; take it away for this path',
  404: 'nothing is there; check the path of backchannel_logout_uri',
  410: 'nothing is there any more; check the path of backchannel_logout_uri',
};

/** Strict libraries allow no skew at all: the commonest reason of a 400 that nobody understands. */
function clockHint(answer: Extract<Outcome, { kind: 'answer' }>): string {
  const ahead = answer.clockAheadMs ?? 0;
  if (answer.status !== 400 || Math.abs(ahead) < CLOCK_SKEW_MIN_MS) return '';
  return `; the app's clock is ${Math.round(Math.abs(ahead) / 1000)} s ${ahead > 0 ? 'ahead' : 'behind'}`;
}

function judgeFailure(failure: Extract<Outcome, { kind: 'failure' }>): Verdict {
  const { code } = failure;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return { kind: 'refused', why: 'its certificate is for another name; renew it, or register the name it is for' };
  }
  const why = failureWords(code, failure.message);
  // People change keys and files within minutes.
  return code === 'EPIN' ? { kind: 'slow-retry', why } : { kind: 'retry', why };
}
