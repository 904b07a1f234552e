/**
 * What an app pastes to sign people in here and to hear that they are out, filled in with its own registration. The
 * receivers of Node stand on the kit (`src/rp`); the others on what their framework brings. Pure text: values are written
 * as literals of the language they stand in, never into comments.
 */
import type { Client } from './client-file.ts';

export const FRAMEWORKS = ['node', 'express', 'koa', 'fastify', 'next', 'spring', 'apache'] as const;
export type Framework = (typeof FRAMEWORKS)[number];

/** As people write them. */
export const FRAMEWORK_NAMES: Readonly<Record<Framework, string>> = {
  node: 'Node',
  express: 'Express',
  koa: 'Koa',
  fastify: 'Fastify',
  next: 'Next',
  spring: 'Spring Security',
  apache: 'mod_auth_openidc',
};

export interface SnippetFile {
  readonly name: string;
  readonly text: string;
}

export interface Snippet {
  readonly files: readonly SnippetFile[];
  /** What the files cannot do; sentences. */
  readonly notes: readonly string[];
}

/** What a snippet says of an app. */
interface Facts {
  readonly issuer: string;
  readonly clientId: string;
  readonly redirectUri: string;
  /** Where it is told, or where it should be. */
  readonly logoutUri: string;
  readonly isTold: boolean;
  readonly algorithm: string;
  readonly sessionMs: number | undefined;
  readonly hasSecret: boolean;
}

export function clientSnippet(issuer: string, client: Client, framework: Framework): Snippet {
  const facts = factsOf(issuer, client);
  const snippet = MAKERS[framework](facts);
  const untold = `Register ${facts.logoutUri} as backchannel_logout_uri: until then this app cannot be told.`;
  return { ...snippet, notes: [...(facts.isTold ? [] : [untold]), ...snippet.notes] };
}

function factsOf(issuer: string, client: Client): Facts {
  const [redirectUri = 'https://app.example/callback'] = client.redirect_uris;
  const told = client.backchannel_logout_uri;
  return {
    issuer,
    clientId: client.client_id,
    redirectUri,
    logoutUri: told ?? beside(redirectUri),
    isTold: told !== undefined,
    algorithm: client.id_token_signed_response_alg,
    sessionMs: client.max_session,
    hasSecret: client.token_endpoint_auth_method.startsWith('client_secret_'),
  };
}

/** A logout address next to where people come back to; an app on a phone has no such place. */
function beside(redirectUri: string): string {
  const url = URL.parse(redirectUri);
  const isWeb = url !== null && /^https?:$/.test(url.protocol);
  return new URL('/backchannel-logout', isWeb ? url : 'https://app.example/').href;
}

const MAKERS: Readonly<Record<Framework, (facts: Facts) => Snippet>> = {
  node: withKit('app.mjs', [], ({ logoutUri }) => [
    `import { createServer } from 'node:http';`,
    `import { logout } from './signoff.mjs';`,
    '',
    'createServer((request, response) => {',
    `  if (request.url === ${quoted(pathOf(logoutUri))} && request.method === 'POST') return logout(request, response);`,
    '  response.writeHead(404).end();',
    '}).listen(Number(process.env.PORT ?? 3000));',
  ]),
  express: withKit('app.mjs', [], ({ logoutUri }) => [
    `import express from 'express';`,
    `import { logout } from './signoff.mjs';`,
    '',
    'const app = express();',
    ABOVE_GUARDS,
    `app.post(${quoted(pathOf(logoutUri))}, logout);`,
    'app.listen(Number(process.env.PORT ?? 3000));',
  ]),
  koa: withKit('app.mjs', [], ({ logoutUri }) => [
    `import Koa from 'koa';`,
    `import { logout } from './signoff.mjs';`,
    '',
    'const app = new Koa();',
    ABOVE_GUARDS,
    'app.use(async (ctx, next) => {',
    `  if (ctx.method !== 'POST' || ctx.path !== ${quoted(pathOf(logoutUri))}) return next();`,
    '  ctx.respond = false;',
    '  await logout(ctx.req, ctx.res, ctx.request.body);',
    '});',
    'app.listen(Number(process.env.PORT ?? 3000));',
  ]),
  fastify: withKit('app.mjs', [], ({ logoutUri }) => [
    `import formbody from '@fastify/formbody';`,
    `import Fastify from 'fastify';`,
    `import { logout } from './signoff.mjs';`,
    '',
    'const app = Fastify();',
    'app.register(formbody);',
    ABOVE_GUARDS,
    `app.post(${quoted(pathOf(logoutUri))}, async (request, reply) => {`,
    '  reply.hijack();',
    '  await logout(request.raw, reply.raw, request.body);',
    '});',
    'await app.listen({ port: Number(process.env.PORT ?? 3000) });',
  ]),
  next: (facts) => {
    const path = pathOf(facts.logoutUri);
    const isRoute = /^(\/[\w-]+)+$/.test(path) && path.startsWith('/api/');
    const route = isRoute ? path : '/api/backchannel-logout';
    const rewrite = `An address of this app is below /api: register one there, like ${route}, or let next.config.js rewrite the registered one to it.`;
    const up = '../'.repeat(route.split('/').length - 1);
    return withKit(`pages${route}.js`, isRoute ? [] : [rewrite], () => [
      `import { logout } from '${up}signoff.mjs';`,
      '',
      'export default function handler(request, response) {',
      '  return logout(request, response);',
      '}',
    ])(facts);
  },
  spring,
  apache,
};

const ABOVE_GUARDS =
  '// Above any login guard and any guard against cross-site posts: the caller is a server without cookies.';

/** The kit in one file, and how the framework hands requests to it in another. */
function withKit(name: string, notes: readonly string[], mount: (facts: Facts) => readonly string[]) {
  return (facts: Facts): Snippet => ({
    files: [
      { name: 'signoff.mjs', text: kit(facts) },
      { name, text: lines(mount(facts)) },
    ],
    notes,
  });
}

function kit({ issuer, clientId, redirectUri, algorithm, sessionMs }: Facts): string {
  const life = sessionMs === undefined ? '8 * 3_600_000' : String(sessionMs);
  return lines([
    `import { createRemoteJWKSet } from 'jose';`,
    `import { createLogoutHandler, createReplayGuard, createSidIndex, verifyLogoutToken } from 'signoff/rp';`,
    '',
    `const issuer = ${quoted(issuer)};`,
    `const clientId = ${quoted(clientId)};`,
    '// Where people come back to with a code: your OpenID Connect library wants it, too.',
    `export const redirectUri = ${quoted(redirectUri)};`,
    "const discovery = await (await fetch(issuer + '/.well-known/openid-configuration')).json();",
    '',
    '// Your own sessions, whatever keeps them.',
    'export const sessions = new Map();',
    'const index = createSidIndex();',
    '',
    '// After each sign-in, with the claims of the verified ID token.',
    'export function startSession(id, claims) {',
    `  const expiresAt = Date.now() + ${life};`,
    '  const entry = { id, sid: claims.sid, sub: claims.sub, issuedAt: claims.iat * 1000, expiresAt };',
    `  if (index.add(entry) === 'already-ended') return false; // its logout token was faster`,
    '  sessions.set(id, { sub: claims.sub });',
    '  return true;',
    '}',
    '',
    'const rules = {',
    '  issuer,',
    '  clientId,',
    `  algorithm: ${quoted(algorithm)},`,
    '  keys: createRemoteJWKSet(new URL(discovery.jwks_uri)),',
    '  replayGuard: createReplayGuard(),',
    '};',
    'export const logout = createLogoutHandler({',
    '  verify: (token) => verifyLogoutToken(token, rules),',
    '  index,',
    '  endSession: (id) => void sessions.delete(id),',
    '  onOutcome: (outcome) => console.log(outcome.kind, outcome.message ?? outcome.sessions),',
    '});',
  ]);
}

/** Spring has addresses of its own, with the name of the registration at their end. */
function spring({ issuer, clientId, redirectUri, logoutUri, hasSecret }: Facts): Snippet {
  const [, id = 'signoff'] = /^\/logout\/connect\/back-channel\/([\w-]+)$/.exec(pathOf(logoutUri)) ?? [];
  const wanted = new URL(`/logout/connect/back-channel/${id}`, logoutUri).href;
  const isOwn = pathOf(redirectUri) === `/login/oauth2/code/${id}`;
  const properties = lines([
    'spring:',
    '  security:',
    '    oauth2:',
    '      client:',
    '        registration:',
    `          ${id}:`,
    `            client-id: ${quoted(clientId)}`,
    ...(hasSecret
      ? [`            client-secret: \${SIGNOFF_CLIENT_SECRET}`]
      : ['            client-authentication-method: none']),
    '            authorization-grant-type: authorization_code',
    '            scope: openid',
    `            redirect-uri: ${quoted(redirectUri)}`,
    '        provider:',
    `          ${id}:`,
    `            issuer-uri: ${quoted(issuer)}`,
  ]);
  const login = isOwn
    ? 'withDefaults()'
    : `login -> login.redirectionEndpoint(at -> at.baseUri(${quoted(pathOf(redirectUri))}))`;
  const security = lines([
    'import static org.springframework.security.config.Customizer.withDefaults;',
    '',
    'import org.springframework.context.annotation.Bean;',
    'import org.springframework.context.annotation.Configuration;',
    'import org.springframework.security.config.annotation.web.builders.HttpSecurity;',
    'import org.springframework.security.web.SecurityFilterChain;',
    '',
    '@Configuration',
    'class SecurityConfig {',
    '  @Bean',
    '  SecurityFilterChain security(HttpSecurity http) throws Exception {',
    '    return http',
    '        .authorizeHttpRequests(requests -> requests.anyRequest().authenticated())',
    `        .oauth2Login(${login})`,
    '        .oidcLogout(logout -> logout.backChannel(withDefaults()))',
    '        .build();',
    '  }',
    '}',
  ]);
  return {
    files: [
      { name: 'application.yml', text: properties },
      { name: 'SecurityConfig.java', text: security },
    ],
    notes: [
      'This needs Spring Security 6.2 or newer.',
      ...(wanted === logoutUri ? [] : [`Spring listens at ${wanted}: register that as backchannel_logout_uri.`]),
    ],
  };
}

function apache({ issuer, clientId, redirectUri, logoutUri, hasSecret }: Facts): Snippet {
  const wanted = `${redirectUri}?logout=backchannel`;
  const text = lines([
    `OIDCProviderMetadataURL ${quoted(`${issuer}/.well-known/openid-configuration`)}`,
    `OIDCClientID ${quoted(clientId)}`,
    ...(hasSecret ? ['OIDCClientSecret "exec:/usr/bin/cat /etc/apache2/signoff-secret"'] : ['OIDCPKCEMethod S256']),
    'OIDCCryptoPassphrase "exec:/usr/bin/cat /etc/apache2/session-key"',
    `OIDCRedirectURI ${quoted(redirectUri)}`,
    'OIDCScope "openid"',
    '# Sessions that a logout token can find: not in the cookie.',
    'OIDCSessionType server-cache',
    '<Location "/">',
    '  AuthType openid-connect',
    '  Require valid-user',
    '</Location>',
  ]);
  return {
    files: [{ name: 'signoff.conf', text }],
    notes: wanted === logoutUri ? [] : [`The module listens at ${wanted}: register that as backchannel_logout_uri.`],
  };
}

/** Of JavaScript, Java, YAML and Apache alike; what is registered has visible ASCII only. */
function quoted(text: string): string {
  return JSON.stringify(text);
}

function pathOf(uri: string): string {
  return URL.parse(uri)?.pathname ?? '/';
}

function lines(all: readonly string[]): string {
  return `${all.join('\n')}\n`;
}
