import { MAIL_KINDS } from './activity/news.ts';
import { optional, required, setting, shorter } from './setting.ts';
import {
  duration,
  durationOrOff,
  link,
  numberOrOff,
  oneOf,
  parseCertificates,
  parseDurations,
  parseFile,
  parseIssuer,
  parseKey,
  parseMailFrom,
  parseOutboundAllow,
  parseOutboundProxy,
  parsePath,
  parsePort,
  parsePortOrOff,
  parseProxy,
  parseRequestLimit,
  parseSignInLimit,
  parseSmtp,
  parseSmtpFile,
  parseStore,
  parseText,
  someOf,
  wholeNumber,
} from './setting-parsers.ts';

const DAY = 86_400_000;
const FOREVER = 3_650 * DAY;

/**
 * Every setting (DESIGN §12): its environment variable, its default, one sentence, how it is read. Validation, the table
 * of `signoff config` and the reference in the handbook are all made from this list. In `signoff.yaml` a setting has the
 * same name without `SIGNOFF_`, in lower case.
 */
export const SETTINGS = {
  port: setting('PORT', '4000', parsePort, 'The port to listen on.'),
  host: setting(
    'SIGNOFF_HOST',
    ({ production }) => (production ? '::' : '127.0.0.1'),
    parseText,
    'The address to listen on.',
  ),
  issuer: required(
    setting(
      'SIGNOFF_ISSUER',
      ({ production, text }) => (production ? undefined : `http://localhost:${text('PORT')}`),
      parseIssuer,
      'The address of this provider as browsers and apps know it; must be set, and https, in production.',
    ),
    'the address of this provider, like https://id.example.org',
  ),
  data: setting('SIGNOFF_DATA', 'data', parsePath, 'The folder of the database and the key file.'),
  store: setting(
    'SIGNOFF_STORE',
    ({ text }) => `sqlite:${text('SIGNOFF_DATA')}/signoff.db`,
    parseStore,
    'Where the records live: sqlite:FILE, or mongodb://… of a replica set.',
    hidePassword,
  ),
  clients: setting('SIGNOFF_CLIENTS', 'clients', parsePath, 'The folder of client files.'),
  key: optional(
    'SIGNOFF_KEY',
    parseKey,
    'The key that seals secrets in the store: 32 bytes, base64. Instead of SIGNOFF_KEY_FILE.',
    () => '(secret)',
  ),
  keyFile: setting(
    'SIGNOFF_KEY_FILE',
    ({ text }) => `${text('SIGNOFF_DATA')}/master.key`,
    parsePath,
    'The file with that key; made on first start on SQLite, always required on MongoDB.',
  ),
  outboundAllow: setting(
    'SIGNOFF_OUTBOUND_ALLOW',
    '',
    parseOutboundAllow,
    'Networks and hosts that may be called although private, and by http://; separated by commas.',
  ),
  outboundProxy: optional(
    'SIGNOFF_OUTBOUND_PROXY',
    parseOutboundProxy,
    'A proxy through which all outgoing calls go: http://[USER:PASSWORD@]HOST:PORT, or https.',
    hideUser,
  ),
  outboundDirect: setting(
    'SIGNOFF_OUTBOUND_DIRECT',
    '',
    parseOutboundAllow,
    'Networks and hosts that are called without that proxy; separated by commas.',
  ),
  outboundCa: optional('SIGNOFF_OUTBOUND_CA', parseCertificates, 'A PEM file of extra authorities for outgoing calls.'),
  logoutWaitMs: setting(
    'SIGNOFF_LOGOUT_WAIT',
    '1s',
    duration(0, 30_000),
    'The longest wait for apps before the browser is answered.',
  ),
  sessionMaxMs: setting('SIGNOFF_SESSION_MAX', '14d', duration(1, FOREVER), 'No session lasts longer.'),
  sessionIdleMs: setting(
    'SIGNOFF_SESSION_IDLE',
    ({ text }) => shorter('12h', text('SIGNOFF_SESSION_MAX')),
    duration(1, FOREVER),
    'A session not used for so long ends.',
  ),
  stepUpMs: setting(
    'SIGNOFF_STEP_UP',
    '15m',
    duration(0, FOREVER),
    'How old a password may be for ending other sessions; an older one is asked for again.',
  ),
  sessionsPerAccount: setting(
    'SIGNOFF_SESSIONS_PER_ACCOUNT',
    'off',
    numberOrOff(1, 10_000),
    'How many sessions an account may have; one more ends the oldest.',
  ),
  idTokenTtlMs: setting('SIGNOFF_ID_TOKEN_TTL', '1h', duration(1_000, DAY), 'How long an ID token is good.'),
  retentionMs: setting(
    'SIGNOFF_RETENTION',
    '30d',
    duration(1, FOREVER),
    'How long ended sessions, logouts and deliveries are kept.',
  ),
  registration: setting(
    'SIGNOFF_REGISTRATION',
    'off',
    oneOf('off', 'token', 'open'),
    'Who may register apps over the network: nobody, whoever has an initial access token, or anybody.',
  ),
  auditRetentionMs: setting(
    'SIGNOFF_AUDIT_RETENTION',
    '365d',
    duration(1, FOREVER),
    'How long the audit of what operators did is kept.',
  ),
  keyAgeMs: setting(
    'SIGNOFF_KEY_AGE',
    '90d',
    durationOrOff(DAY, FOREVER),
    'Signing keys that are so old get successors by themselves; off: by keys rotate only.',
  ),
  sweepMs: setting('SIGNOFF_SWEEP', '10s', duration(1, DAY), 'How often sessions that are due are ended.'),
  retryFirstMs: setting('SIGNOFF_RETRY_FIRST', '1s', duration(1, DAY), 'The wait before the first retry.'),
  retryMaxMs: setting('SIGNOFF_RETRY_MAX', '1h', duration(1, DAY), 'The longest wait between two attempts.'),
  refusalRetriesMs: setting(
    'SIGNOFF_REFUSAL_RETRIES',
    '10s,1m,5m',
    parseDurations,
    'The slow retries after an answer like 400, before the delivery is refused.',
  ),
  deliveryLeaseMs: setting(
    'SIGNOFF_DELIVERY_LEASE',
    '60s',
    duration(1_000, DAY),
    'How long a process may hold the deliveries it took.',
  ),
  deliveryRun: setting(
    'SIGNOFF_DELIVERY_RUN',
    'thread',
    oneOf('inline', 'thread', 'process', 'off'),
    'Where deliveries run: in a thread or a process of their own, inline, or not at all by this process.',
  ),
  deliveryThreads: setting(
    'SIGNOFF_DELIVERY_THREADS',
    '1',
    wholeNumber(1, 16),
    'How many threads (or processes) make deliveries; more than one needs four cores.',
  ),
  name: setting(
    'SIGNOFF_NAME',
    ({ text }) => URL.parse(text('SIGNOFF_ISSUER'))?.host ?? 'Signoff',
    parseText,
    'What pages call this service.',
  ),
  privacyUrl: optional('SIGNOFF_PRIVACY_URL', link('https:', 'http:'), 'The privacy link in the foot of pages.'),
  supportUrl: optional(
    'SIGNOFF_SUPPORT_URL',
    link('https:', 'http:', 'mailto:'),
    'The help link in the foot of pages.',
  ),
  smtp: optional(
    'SIGNOFF_SMTP',
    parseSmtp,
    'The mail server: smtp://user:password@host:587, or smtps://…; without one, development writes files, production sends none.',
    hideUser,
  ),
  smtpFile: optional('SIGNOFF_SMTP_FILE', parseSmtpFile, 'A file that holds that address. Instead of SIGNOFF_SMTP.'),
  mailFrom: setting(
    'SIGNOFF_MAIL_FROM',
    ({ text }) => `Signoff <no-reply@${URL.parse(text('SIGNOFF_ISSUER'))?.hostname ?? 'localhost'}>`,
    parseMailFrom,
    'Whom mails are from.',
  ),
  mails: setting(
    'SIGNOFF_MAILS',
    MAIL_KINDS.join(','),
    someOf(...MAIL_KINDS),
    'Which mails are sent, separated by commas; off for none.',
  ),
  geo: optional(
    'SIGNOFF_GEO',
    parseFile,
    'A file in mmdb format that tells the country of an address; read again on SIGHUP. Places are shown as approximate.',
  ),
  signinLimit: setting(
    'SIGNOFF_SIGNIN_LIMIT',
    '10/15m',
    parseSignInLimit,
    'Failed tries of one address at one account, then 429; off for load tests.',
  ),
  secondFactor: setting(
    'SIGNOFF_SECOND_FACTOR',
    'offer',
    oneOf('offer', 'require', 'off'),
    'Whether people may, must or cannot prove more than their password: passkeys, authenticator apps.',
  ),
  requestLimit: setting(
    'SIGNOFF_REQUEST_LIMIT',
    ({ text }) => (text('SIGNOFF_SIGNIN_LIMIT') === 'off' ? 'off' : '600/1m'),
    parseRequestLimit,
    'Sign-ins begun, requests parked and refusals of one address without a session, then 429; off where the limit above is.',
  ),
  proxy: required(
    setting(
      'SIGNOFF_PROXY',
      ({ production }) => (production ? undefined : 'off'),
      parseProxy,
      'Networks whose X-Forwarded-For is believed; must be said in production, off included.',
    ),
    'the networks of the proxies in front, like 10.0.0.0/8, or off where browsers connect to this process directly',
  ),
  drainMs: setting(
    'SIGNOFF_DRAIN',
    ({ production }) => (production ? '2s' : '0s'),
    duration(0, 60_000),
    'How long a stopping process serves on, not ready, until proxies have seen that.',
  ),
  metricsPort: setting(
    'SIGNOFF_METRICS_PORT',
    'off',
    parsePortOrOff,
    'The port on which Prometheus finds /metrics; off: there are none.',
  ),
  metricsHost: setting('SIGNOFF_METRICS_HOST', '127.0.0.1', parseText, 'The address that port listens on.'),
  logLevel: setting('SIGNOFF_LOG_LEVEL', 'info', oneOf('debug', 'info', 'warn', 'error', 'silent'), 'What is logged.'),
  logFormat: setting(
    'SIGNOFF_LOG_FORMAT',
    ({ terminal }) => (terminal ? 'pretty' : 'json'),
    oneOf('pretty', 'json'),
    'How it is written.',
  ),
} as const;

export type SettingName = keyof typeof SETTINGS;

/** The name of a setting in `signoff.yaml`. */
export function yamlName(env: string): string {
  return env.replace(/^SIGNOFF_/, '').toLowerCase();
}

function hideUser(address: string): string {
  return address.replace(/\/\/.*@/, '//(secret)@');
}

/** `mongodb://user:secret@host` without the secret, even one whose own `@` should have been written `%40`. */
function hidePassword(address: string): string {
  return address.replace(/^(mongodb(?:\+srv)?:\/\/[^:/@]*):.*@/, '$1:(secret)@');
}
