import { suggestion } from '../ops/did-you-mean.ts';
import type { Client } from './client-file.ts';
import { isNameTooLong } from './client-file-name.ts';
import { type Problem, problem } from './problem.ts';
import { redirectProblem } from './redirect-rules.ts';

/** What the rules need to know of the product. */
export interface RuleBook {
  /** Why an address may not be called (`Outbound.refusal`). */
  readonly refusal: (url: string) => string | undefined;
  /** Every scope this provider knows. */
  readonly scopes: readonly string[];
}

/** The longest a logout token may live: RPs with slow clocks; Back-Channel Logout §4 recommends two minutes. */
const TOKEN_TTL_MAX_MS = 300_000;

/** Strangers may try secrets all day, however slowly; below twice as much is a warning (`client-warnings.ts`). */
const SECRET_CHARS_MIN = 16;

/**
 * Whether a client may be registered (requirements G6-G11, G13, BP1, BP12). The one validator for files, commands and
 * whatever registers clients later. Answers all problems; none means yes.
 */
export function registrationProblems(client: Client, book: RuleBook): readonly Problem[] {
  return [
    ...idProblems(client),
    ...authenticationProblems(client),
    ...keyProblems(client),
    ...redirectProblems(client, book),
    ...backchannelProblems(client, book),
    ...frontchannelProblems(client),
    ...calledAddressProblems(client, book),
    ...linkProblems(client),
    ...sectorProblems(client),
    ...scopeProblems(client, book),
    ...mergeProblems(client),
    ...durationProblems(client),
    ...trustProblems(client),
  ];
}

/** BP17 (an id that looks like a `sub`) is the operator's, who writes the file. */
function idProblems({ client_id: id }: Client): readonly Problem[] {
  if (isNameTooLong(id)) return [problem(['client_id'], 'is too long for the name of a file', 'choose a shorter one')];
  // The library looks clients up in plain objects, where these are there already.
  return id in {}
    ? [problem(['client_id'], 'is a word that JavaScript keeps for itself', 'choose another, like wiki')]
    : [];
}

function authenticationProblems(client: Client): readonly Problem[] {
  const { token_endpoint_auth_method: method, client_secret: secret, client_secret_hash: hash } = client;
  if (secret !== undefined && hash !== undefined) {
    return [problem(['client_secret'], 'stands beside client_secret_hash', 'keep one of them, better the hash')];
  }
  // RFC 6749 Appendix A.2: what cannot be sent in a request cannot be a secret.
  if (secret !== undefined && !/^[\x20-\x7e]+$/.test(secret)) {
    return [problem(['client_secret'], 'has characters outside of ASCII', 'make one with: signoff clients secret')];
  }
  if (secret !== undefined && secret.length < SECRET_CHARS_MIN) {
    const fix = `make one with: signoff clients secret ${client.client_id}`;
    return [problem(['client_secret'], `is shorter than ${SECRET_CHARS_MIN} characters, so it can be guessed`, fix)];
  }
  const hasSecret = secret !== undefined || hash !== undefined;
  if (method === 'none' && hasSecret) {
    const field = secret === undefined ? 'client_secret_hash' : 'client_secret';
    return [problem([field], 'makes no sense for a public client', 'take it out, or set token_endpoint_auth_method')];
  }
  if (method === 'none' && client.grant_types.includes('client_credentials')) {
    const why = 'has client_credentials, but the app has nothing to prove itself with';
    return [problem(['grant_types'], why, 'set token_endpoint_auth_method, or take client_credentials out')];
  }
  if (method.startsWith('client_secret') && !hasSecret) {
    return [
      problem(
        ['client_secret_hash'],
        `is missing: token_endpoint_auth_method is ${method}`,
        `make one with: signoff clients secret ${client.client_id}; or set token_endpoint_auth_method: none for a public client`,
      ),
    ];
  }
  return [];
}

function keyProblems({ jwks, jwks_uri: uri, token_endpoint_auth_method: method }: Client): readonly Problem[] {
  const problems: Problem[] = [];
  if (jwks && uri) problems.push(problem(['jwks'], 'stands beside jwks_uri', 'keep one of them'));
  if (method === 'private_key_jwt' && !jwks && !uri) {
    problems.push(
      problem(['jwks'], 'is missing: the app signs in with a key', 'add its public keys as jwks or jwks_uri'),
    );
  }
  for (const [index, key] of (jwks?.keys ?? []).entries()) {
    const { kty } = key;
    if (typeof kty !== 'string')
      problems.push(problem(['jwks', 'keys', index], 'is not a JWK', 'add kty and the rest'));
    else if ('d' in key || 'k' in key) {
      problems.push(
        problem(['jwks', 'keys', index], 'holds a private key', 'take the private parts out and make a new key'),
      );
    }
  }
  return problems;
}

function redirectProblems(client: Client, { refusal }: RuleBook): readonly Problem[] {
  const problems = (['redirect_uris', 'post_logout_redirect_uris'] as const).flatMap((field) =>
    client[field].flatMap((uri, index) => {
      const found = redirectProblem(uri, client.application_type, refusal);
      return found ? [problem([field, index], ...found)] : [];
    }),
  );
  const needsOne = client.response_types.length > 0 && client.redirect_uris.length === 0;
  return needsOne
    ? [problem(['redirect_uris'], 'is missing', 'add the address the app is sent back to after a sign-in'), ...problems]
    : problems;
}

/** G6, G9. G8 (booleans) and G11 (`none`) are the schema's. */
function backchannelProblems(client: Client, { refusal }: RuleBook): readonly Problem[] {
  const { backchannel_logout_uri: uri } = client;
  if (uri === undefined) return [];
  const field = ['backchannel_logout_uri'];
  const why = refusal(uri);
  if (why !== undefined) return [problem(field, ...inTwo(why))];
  const isOpen = uri.toLowerCase().startsWith('http:') && client.token_endpoint_auth_method === 'none';
  return isOpen
    ? [
        problem(
          field,
          'is http:// for a public client (Back-Channel Logout §2.2)',
          'use https://, or give the app a secret or key',
        ),
      ]
    : [];
}

/** Front-Channel Logout §2: on the origin of a redirect address, no fragment. */
function frontchannelProblems({ frontchannel_logout_uri: uri, redirect_uris }: Client): readonly Problem[] {
  if (uri === undefined) return [];
  const field = ['frontchannel_logout_uri'];
  const linkProblem = webLinkProblem(uri);
  if (linkProblem) return [problem(field, ...linkProblem)];
  const origins = redirect_uris.map((one) => URL.parse(one)?.origin);
  return origins.includes(new URL(uri).origin)
    ? []
    : [problem(field, 'is on another host than the redirect_uris', 'use scheme, host and port of one of them')];
}

/** G10: whatever this provider fetches, or makes a browser fetch, passes the same gate as logout addresses. */
function calledAddressProblems(client: Client, { refusal }: RuleBook): readonly Problem[] {
  const fields = ['jwks_uri', 'sector_identifier_uri', 'logo_uri', 'logo_uri#en', 'logo_uri#de'] as const;
  return fields.flatMap((field) => {
    const uri = client[field];
    const why = uri === undefined ? undefined : refusal(uri);
    return why === undefined ? [] : [problem([field], ...inTwo(why))];
  });
}

const LINKS = [
  'client_uri',
  'client_uri#en',
  'client_uri#de',
  'policy_uri',
  'policy_uri#en',
  'policy_uri#de',
  'tos_uri',
  'tos_uri#en',
  'tos_uri#de',
] as const;

function linkProblems(client: Client): readonly Problem[] {
  const links = LINKS.flatMap((field) => {
    const uri = client[field];
    const found = uri === undefined ? undefined : webLinkProblem(uri);
    return found ? [problem([field], ...found)] : [];
  });
  const initiate = client.initiate_login_uri;
  const plain = initiate !== undefined && (webLinkProblem(initiate) !== undefined || !initiate.startsWith('https://'));
  return plain
    ? [
        ...links,
        problem(['initiate_login_uri'], 'is not an https address', 'write it like https://app.example.org/sign-in'),
      ]
    : links;
}

function webLinkProblem(uri: string): [string, string] | undefined {
  const url = URL.parse(uri);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (!url || !/^https?:\/\//i.test(uri) || /[\u0000-\u0020\u007f\\]/.test(uri)) {
    return ['is not a web address', 'write it like https://app.example.org/about'];
  }
  if (url.username || url.password) return ['has a user name or password before an @', 'take them out'];
  return uri.includes('#') ? ['has a fragment (#…)', 'take it out'] : undefined;
}

/** Core §8.1: one sector for one pairwise `sub`. */
function sectorProblems(client: Client): readonly Problem[] {
  const { sector_identifier_uri: uri, subject_type: type, redirect_uris } = client;
  if (uri !== undefined && !uri.startsWith('https://')) {
    return [problem(['sector_identifier_uri'], 'is not https (Registration §5)', 'use https://')];
  }
  const hosts = new Set(redirect_uris.map((one) => URL.parse(one)?.host));
  return type === 'pairwise' && uri === undefined && hosts.size > 1
    ? [problem(['sector_identifier_uri'], 'is missing: pairwise, with redirect_uris on several hosts', 'add it')]
    : [];
}

function scopeProblems({ scope, response_types }: Client, { scopes }: RuleBook): readonly Problem[] {
  if (scope === undefined || response_types.length === 0) return [];
  const asked = scope.split(' ');
  const unknown = asked.filter((one) => !scopes.includes(one));
  const problems = unknown.map((one) =>
    problem(
      ['scope'],
      `names "${one}", which is not known`,
      suggestion(one, scopes).trim() || 'add it to scopes in signoff.yaml',
    ),
  );
  return asked.includes('openid')
    ? problems
    : [...problems, problem(['scope'], 'has no openid', 'add openid: without it there is no ID token and no sign-off')];
}

/** A token for all of a person has nothing but a `sub` to say whom it is about. */
function mergeProblems({ logout }: Client): readonly Problem[] {
  return logout.merge === 'sub' && logout.subject === 'sid'
    ? [problem(['logout', 'merge'], 'needs the sub that logout.subject leaves out', 'keep one of the two')]
    : [];
}

function durationProblems({ max_session: max, logout }: Client): readonly Problem[] {
  const problems: Problem[] = [];
  if (max !== undefined && max <= 0)
    problems.push(problem(['max_session'], 'is nothing', 'write how long a session of the app may last'));
  if (logout.token_ttl < 1_000 || logout.token_ttl > TOKEN_TTL_MAX_MS) {
    problems.push(
      problem(['logout', 'token_ttl'], 'must be between 1s and 5m', 'use 2m unless the clock of the app is wrong'),
    );
  }
  return problems;
}

/** Certificates and keys say nothing about a call that is not encrypted; somebody would believe they did. */
function trustProblems({ trust, backchannel_logout_uri: uri }: Client): readonly Problem[] {
  if (trust === undefined || uri === undefined || uri.toLowerCase().startsWith('https:')) return [];
  const field = trust.authorities === undefined ? 'tls_pin' : 'tls_ca';
  return [problem([field], 'means nothing: backchannel_logout_uri is http://', 'use https://, or take it out')];
}

/** "what is wrong; the way out" as two parts. */
function inTwo(sentence: string): [string, string] {
  const cut = sentence.indexOf('; ');
  return cut < 0
    ? [`is refused: ${sentence}`, 'write it like https://app.example.org/backchannel-logout']
    : [`is refused: ${sentence.slice(0, cut)}`, sentence.slice(cut + 2)];
}
