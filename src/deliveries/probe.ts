/**
 * The check-up of an app's logout address (N9): one good token of a session that nobody has, and wrong ones that it must
 * refuse. Never sent without being asked for. What an app accepts wrongly lets strangers sign its people off.
 */
import { randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import { connect } from 'node:tls';
import type { Client } from '../clients/client-file.ts';
import type { Clock } from '../ops/clock.ts';
import { randomId } from '../ops/ids.ts';
import type { CheckUp } from '../store/store.ts';
import { failureWords } from './failure-words.ts';
import { LOGOUT_EVENT, type SigningKey, signToken } from './logout-token.ts';
import { adviceFor, WRONG_TOKEN_ADVICE } from './probe-advice.ts';
import type { Signer } from './signer.ts';
import type { Outcome, Transport } from './transport.ts';

/** One question to the app. */
export interface ProbeCheck {
  readonly name: ProbeName;
  /** What was sent, in a word. */
  readonly sent: string;
  readonly expected: string;
  readonly got: string;
  readonly ms: number | null;
  readonly result: 'ok' | 'wrong' | 'warning';
  readonly fix: string | null;
}

export interface Probed {
  readonly client_id: string;
  readonly grade: CheckUp['grade'];
  readonly checks: readonly ProbeCheck[];
}

export type ProbeName = 'address' | 'certificate' | 'good' | WrongToken;
export type WrongToken =
  | 'signature'
  | 'alg-none'
  | 'issuer'
  | 'audience'
  | 'expired'
  | 'no-events'
  | 'nonce'
  | 'typ'
  | 'repeated-jti';

export interface ProbeParts {
  readonly issuer: string;
  readonly signer: Pick<Signer, 'keyFor'>;
  readonly transport: Pick<Transport, 'post'>;
  /** Why an address may not be called, by its spelling. */
  readonly refusal: (url: string) => string | undefined;
  /** Of a host, all of them allowed; undefined where a proxy stands in between, which sees the certificate alone. */
  readonly addressesOf: ((host: string) => Promise<readonly string[]>) | undefined;
  readonly clock: Clock;
}

/** Asks the app, one question after the other. */
export type Probe = (client: Client) => Promise<Probed>;

const ANSWER_MS = 5_000;
const SLOW_MS = 2_000;
const DAY_MS = 86_400_000;
const CERTIFICATE_DAYS_MIN = 14;

export function createProbe(parts: ProbeParts): Probe {
  return async (client) => {
    const { client_id } = client;
    const address = judgeAddress(client, parts);
    const uri = client.backchannel_logout_uri;
    if (address.result === 'wrong' || uri === undefined) return { client_id, grade: 'F', checks: [address] };
    const certificate =
      uri.startsWith('https:') && parts.addressesOf ? [await judgeCertificate(uri, parts.addressesOf)] : [];
    const key = await parts.signer.keyFor(client.id_token_signed_response_alg);
    const tokens = await makeTokens(parts, client, key);
    const post = (token: string) =>
      parts.transport.post(uri, async () => token, {
        answerMs: ANSWER_MS,
        ...(client.trust && { trust: client.trust }),
      });
    const good = judgeGood(await post(tokens.good));
    const checks = [address, ...certificate, good];
    // Whoever refuses the good one refuses all.
    if (good.result !== 'wrong')
      for (const [name, token] of tokens.wrong) checks.push(judgeWrong(name, await post(token)));
    return { client_id, grade: gradeOf(checks), checks };
  };
}

function judgeAddress({ backchannel_logout_uri: uri }: Client, { refusal }: ProbeParts): ProbeCheck {
  const asked = { name: 'address', sent: '–', expected: 'an address that may be called', ms: null } as const;
  if (uri === undefined) {
    return {
      ...asked,
      got: 'no backchannel_logout_uri',
      result: 'wrong',
      fix: 'register the address that takes logout tokens',
    };
  }
  const refused = refusal(uri);
  if (refused === undefined) return { ...asked, got: uri, result: 'ok', fix: null };
  return { ...asked, got: uri, result: 'wrong', fix: refused };
}

/** Only how long it is still good for: whether it is believed shows when the token is sent. */
async function judgeCertificate(
  uri: string,
  addressesOf: (host: string) => Promise<readonly string[]>,
): Promise<ProbeCheck> {
  const { hostname, port } = new URL(uri);
  const asked = {
    name: 'certificate',
    sent: '–',
    expected: `good for ${CERTIFICATE_DAYS_MIN} days more`,
    ms: null,
  } as const;
  const name = hostname.replace(/^\[|\]$/g, '');
  const [host] = await addressesOf(name).catch(() => []);
  const until = host === undefined ? undefined : await certificateEnds({ host, port: Number(port) || 443, name });
  if (until === undefined) return { ...asked, got: 'not seen', result: 'ok', fix: null };
  const days = Math.floor((until - Date.now()) / DAY_MS);
  const got = days < 0 ? 'it has ended' : `${days} days`;
  if (days >= CERTIFICATE_DAYS_MIN) return { ...asked, got, result: 'ok', fix: null };
  return { ...asked, got, result: 'warning', fix: 'renew it, and see why that does not happen by itself' };
}

function certificateEnds({
  host,
  port,
  name,
}: {
  host: string;
  port: number;
  name: string;
}): Promise<number | undefined> {
  return new Promise((resolve) => {
    const socket = connect({
      host,
      port,
      servername: isIP(name) === 0 ? name : '',
      rejectUnauthorized: false,
      timeout: ANSWER_MS,
    });
    const done = (until: number | undefined) => {
      socket.destroy();
      resolve(until);
    };
    socket.once('secureConnect', () => done(Date.parse(socket.getPeerCertificate().valid_to)));
    socket.once('timeout', () => done(undefined));
    socket.once('error', () => done(undefined));
  });
}

async function makeTokens(parts: ProbeParts, client: Client, key: SigningKey) {
  const iat = Math.floor(parts.clock.now() / 1_000);
  const header = { typ: client.logout.token_typ, alg: key.alg, kid: key.kid };
  const nobody = { sid: randomId(), ...(client.logout.subject === 'sub+sid' && { sub: `nobody-${randomId()}` }) };
  const claims = () => ({
    iss: parts.issuer,
    aud: client.client_id,
    iat,
    exp: iat + 120,
    jti: randomId(),
    ...nobody,
    events: { [LOGOUT_EVENT]: {} },
  });
  const sign = (over: object = {}, headerOver: object = {}) =>
    signToken({ ...header, ...headerOver }, { ...claims(), ...over }, key);
  const good = await sign();
  const { events: _, ...withoutEvents } = claims();
  const [, body = ''] = good.split('.');
  const wrong: readonly (readonly [WrongToken, string])[] = [
    ['repeated-jti', good],
    ['signature', withOtherSignature(await sign())],
    ['alg-none', `${encode({ ...header, alg: 'none' })}.${body}.`],
    ['issuer', await sign({ iss: `${parts.issuer}.example` })],
    ['audience', await sign({ aud: `not-${client.client_id}` })],
    ['expired', await sign({ iat: iat - 7_200, exp: iat - 3_600 })],
    ['no-events', await signToken(header, withoutEvents, key)],
    ['nonce', await sign({ nonce: randomId() })],
    ['typ', await sign({}, { typ: 'at+jwt' })],
  ];
  return { good, wrong };
}

function withOtherSignature(token: string): string {
  const [header, body, signature = ''] = token.split('.');
  const { length } = Buffer.from(signature, 'base64url');
  return `${header}.${body}.${randomBytes(length).toString('base64url')}`;
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function judgeGood(outcome: Outcome): ProbeCheck {
  const asked = {
    name: 'good',
    sent: 'a good token of a session that nobody has',
    expected: '200 or 204',
    got: gotOf(outcome),
    ms: outcome.ms,
  } as const;
  if (outcome.kind !== 'answer')
    return { ...asked, result: 'wrong', fix: outcome.kind === 'blocked' ? outcome.why : adviceFor(outcome) };
  if (outcome.status !== 200 && outcome.status !== 204) return { ...asked, result: 'wrong', fix: adviceFor(outcome) };
  if (outcome.ms < SLOW_MS) return { ...asked, result: 'ok', fix: null };
  return {
    ...asked,
    result: 'warning',
    fix: 'answer first and clean up afterwards: whoever signs off waits for a second',
  };
}

/** Both answers to a token that comes twice are right: it was acted on. Explicit types are a recommendation (§2.4). */
const EITHER: ReadonlySet<WrongToken> = new Set(['repeated-jti']);
const ADVISED: ReadonlySet<WrongToken> = new Set(['typ']);

function judgeWrong(name: WrongToken, outcome: Outcome): ProbeCheck {
  const advice = WRONG_TOKEN_ADVICE[name];
  const expected = EITHER.has(name) ? '200, 204 or 400' : '400';
  const asked = { name, sent: advice.sent, expected, got: gotOf(outcome), ms: outcome.ms };
  if (outcome.kind !== 'answer') return { ...asked, result: 'warning', fix: 'it answered before; ask again' };
  const accepted = outcome.status === 200 || outcome.status === 204;
  if (outcome.status === 400 || (accepted && EITHER.has(name))) return { ...asked, result: 'ok', fix: null };
  if (accepted) return { ...asked, result: ADVISED.has(name) ? 'warning' : 'wrong', fix: advice.fix };
  return {
    ...asked,
    result: 'warning',
    fix: 'refuse it with 400: other answers look like a fault, and are tried again',
  };
}

function gotOf(outcome: Outcome): string {
  if (outcome.kind === 'answer') return String(outcome.status);
  return outcome.kind === 'blocked' ? 'not called' : failureWords(outcome.code, outcome.message);
}

/** Anybody can make these: nothing of ours is needed. */
const FORGERIES: ReadonlySet<ProbeName> = new Set(['signature', 'alg-none', 'issuer', 'audience']);

function gradeOf(checks: readonly ProbeCheck[]): Probed['grade'] {
  const wrong = checks.filter(({ result }) => result === 'wrong').map(({ name }) => name);
  if (wrong.includes('good')) return 'F';
  if (wrong.some((name) => FORGERIES.has(name))) return 'D';
  if (wrong.length > 0) return 'C';
  return checks.some(({ result }) => result === 'warning') ? 'B' : 'A';
}
