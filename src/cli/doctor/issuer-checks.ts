/** The provider as apps see it: by its public address, over TLS, with everything that stands in front. */
import { connect, type PeerCertificate } from 'node:tls';
import type { Config } from '../../config.ts';
import { createOutbound } from '../../ops/outbound.ts';
import type { Called } from '../../ops/outbound-client.ts';
import { wireOutboundClient } from '../../wire.ts';
import { type Check, ill, reasonOf, well } from './check.ts';

const ANSWER_MS = 5_000;
const DOCUMENT_BYTES_MAX = 256 * 1024;
const DAY = 86_400_000;
const CERTIFICATE_DAYS_MIN = 14;
/** ID tokens and client assertions are judged to the second, with little leeway. */
const CLOCK_MS = { warning: 5_000, failed: 60_000 };

const TITLES = {
  issuer: 'The issuer answers, and is who it says',
  clock: 'The clocks agree',
  tls: 'The certificate is good for a while',
} as const;

/** Its discovery document and the clock beside it. */
export async function checkIssuer(config: Config): Promise<readonly Check[]> {
  const { issuer } = config;
  const { hostname } = new URL(issuer);
  // It is ours, wherever it lives.
  const outbound = createOutbound({
    allow: [...config.outboundAllow, '127.0.0.0/8', '::1', hostname.replace(/^\[|\]$/g, '')],
  });
  const client = wireOutboundClient(config, outbound);
  const url = `${issuer}/.well-known/openid-configuration`;
  try {
    const called = await client.call({ method: 'GET', url, headers: {}, answerMs: ANSWER_MS, sockets: 'fresh' });
    return [await judgeDiscovery(called, issuer, url), ...judgeClock(called)];
  } finally {
    client.close();
  }
}

async function judgeDiscovery(called: Called, issuer: string, url: string): Promise<Check> {
  if (called.kind !== 'answer') {
    const cause =
      called.kind === 'failure'
        ? `${url}: ${[called.message, called.code].filter((one) => one !== '').join(' ')}`
        : called.why;
    return ill('issuer', TITLES.issuer, 'failed', {
      cause,
      fix: 'start Signoff, then check DNS and the proxy in front of it',
    });
  }
  const { bytes } = await called.body(DOCUMENT_BYTES_MAX);
  if (called.status !== 200) {
    const cause = `${url} answered ${called.status}`;
    return ill('issuer', TITLES.issuer, 'failed', { cause, fix: `let the proxy pass all of ${issuer} on to Signoff` });
  }
  const found = issuerIn(bytes.toString('utf8'));
  if (found === issuer) return well('issuer', TITLES.issuer);
  const cause = found === undefined ? `${url} is no discovery document` : `${url} says that the issuer is ${found}`;
  return ill('issuer', TITLES.issuer, 'failed', {
    cause,
    fix: `set SIGNOFF_ISSUER, or let the proxy pass ${issuer} on to this Signoff`,
  });
}

function issuerIn(text: string): string | undefined {
  try {
    const { issuer } = JSON.parse(text) as { issuer?: unknown };
    return typeof issuer === 'string' ? issuer : undefined;
  } catch {
    return undefined;
  }
}

/** Whoever answered says what time it is. */
function judgeClock(called: Called): readonly Check[] {
  const said = called.kind === 'answer' ? Date.parse(called.headers.date ?? '') : Number.NaN;
  if (Number.isNaN(said)) return [];
  const offMs = Math.abs(Date.now() - said);
  if (offMs < CLOCK_MS.warning) return [well('clock', TITLES.clock)];
  const cause = `this machine and ${called.kind === 'answer' ? 'the issuer' : ''} are ${Math.round(offMs / 1_000)} s apart`;
  const result = offMs < CLOCK_MS.failed ? 'warning' : 'failed';
  return [
    ill('clock', TITLES.clock, result, { cause, fix: 'let both follow a time server: timedatectl set-ntp true' }),
  ];
}

/** The certificate in front, as an app without extra authorities would judge it. */
export async function checkCertificate({ issuer }: Config): Promise<readonly Check[]> {
  const { protocol, hostname, port } = new URL(issuer);
  if (protocol !== 'https:') return [];
  try {
    const { certificate, problem } = await certificateOf(hostname, Number(port) || 443);
    return [judgeCertificate(certificate, problem)];
  } catch (error) {
    return [ill('tls', TITLES.tls, 'failed', { cause: reasonOf(error), fix: `let something answer TLS at ${issuer}` })];
  }
}

function judgeCertificate(certificate: PeerCertificate, problem: string | undefined): Check {
  if (problem !== undefined) {
    const fix =
      'serve the whole chain of a certificate for this name; with an authority of your own, apps need its root';
    return ill('tls', TITLES.tls, 'warning', { cause: problem, fix });
  }
  const days = Math.floor((Date.parse(certificate.valid_to) - Date.now()) / DAY);
  if (days >= CERTIFICATE_DAYS_MIN) return well('tls', TITLES.tls);
  return ill('tls', TITLES.tls, 'warning', {
    cause: `it ends in ${days} days`,
    fix: 'renew it, and see why that does not happen by itself',
  });
}

function certificateOf(
  host: string,
  port: number,
): Promise<{ certificate: PeerCertificate; problem: string | undefined }> {
  const { promise, resolve, reject } = Promise.withResolvers<{
    certificate: PeerCertificate;
    problem: string | undefined;
  }>();
  const socket = connect({ host, port, servername: host, rejectUnauthorized: false, timeout: ANSWER_MS });
  socket.once('secureConnect', () => {
    const problem = socket.authorized ? undefined : String(socket.authorizationError);
    resolve({ certificate: socket.getPeerCertificate(), problem });
    socket.destroy();
  });
  socket.once('timeout', () => socket.destroy(new Error(`nothing answered within ${ANSWER_MS} ms`)));
  socket.once('error', reject);
  return promise;
}
