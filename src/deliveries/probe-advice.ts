/** What to change in an app, by what it answered; with the name of the thing in the usual frameworks. */
import { failureWords } from './failure-words.ts';
import type { WrongToken } from './probe.ts';
import type { Outcome } from './transport.ts';

type Answer = Extract<Outcome, { kind: 'answer' }>;
type Failure = Extract<Outcome, { kind: 'failure' }>;

const BY_STATUS: Readonly<Record<number, string>> = {
  400: 'the token is good: compare issuer and client_id with ours, and answer 200 where nobody has the session (Spring: is the issuer the very same text?)',
  401: 'let this path in without a sign-in: the token is its proof (Express: mount it above the login; Spring: permitAll; Django: no login_required; ASP.NET: AllowAnonymous)',
  403: 'let this path in without a CSRF token (Express: above csurf; Spring: csrf.ignoringRequestMatchers; Django: csrf_exempt; Rails: skip_forgery_protection; Laravel: except in VerifyCsrfToken)',
  404: 'nothing is at this path: compare it with the route, prefixes of proxies included',
  405: 'take POST at this path; GET is for browsers (Express: app.post; Flask: methods=["POST"]; Next: export function POST)',
  413: 'let a form of 8 KB in',
  415: 'read forms: the body is application/x-www-form-urlencoded (Express: express.urlencoded; Fastify: @fastify/formbody; Koa: a body parser; Nest: raw off)',
};

/** Why the good token was not taken, and what to do. */
export function adviceFor(outcome: Answer | Failure): string {
  if (outcome.kind === 'failure')
    return `${failureWords(outcome.code, outcome.message)}; see that the address is right and can be reached from here`;
  const { status } = outcome;
  if (status >= 300 && status < 400) {
    return 'it redirects, probably to its sign-in or to https: register the last address, and let this path in without a sign-in';
  }
  if (status >= 500) return 'it fails: look at its own log; a session that is not there is no error';
  if (/^\s*<(!doctype|html)/i.test(outcome.snippet ?? '') && status !== 404)
    return `it answers with a page: this is another route. ${BY_STATUS[status] ?? ''}`.trim();
  return BY_STATUS[status] ?? 'answer 200 or 204';
}

/** What was sent, and why it must not be taken. */
export const WRONG_TOKEN_ADVICE: Readonly<Record<WrongToken, { readonly sent: string; readonly fix: string }>> = {
  signature: {
    sent: 'a signature that is none',
    fix: 'verify the signature with our jwks_uri: anybody could sign your people off',
  },
  'alg-none': {
    sent: 'alg "none"',
    fix: 'name the algorithms you take, and never "none" (jose: algorithms: ["ES256"])',
  },
  issuer: { sent: 'the issuer of somebody else', fix: 'compare iss with our issuer, letter by letter' },
  audience: {
    sent: 'a token for another app',
    fix: 'compare aud with your client_id: another app could sign your people off',
  },
  expired: {
    sent: 'a token that ended an hour ago',
    fix: 'compare exp with your clock: an old token could be sent again',
  },
  'no-events': {
    sent: 'no events claim',
    fix: 'ask for the back-channel logout event: an ID token could pass for a logout token',
  },
  nonce: { sent: 'a nonce', fix: 'refuse tokens with a nonce: an ID token could pass for a logout token' },
  typ: { sent: 'the type of an access token', fix: 'take typ "logout+jwt" (and "JWT", or none) only' },
  'repeated-jti': { sent: 'the good token again', fix: 'answer 200: it was acted on' },
};
