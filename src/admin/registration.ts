/**
 * Apps that register themselves (RFC 7591) and keep their registration (RFC 7592): judged by the rules of client files, with
 * their words, and by a few more, because nobody looked at them first.
 */
import { type Client, clientFileSchema } from '../clients/client-file.ts';
import { clientJson } from '../clients/client-json.ts';
import { judgeClient } from '../clients/load-clients.ts';
import { type Problem, problem } from '../clients/problem.ts';
import type { KnownClient } from '../clients/registry.ts';
import { AppError } from '../errors.ts';
import { randomId, sha256 } from '../ops/ids.ts';
import type { Admin } from './admin.ts';
import { auditOf } from './audit-notes.ts';
import { newSecret } from './clients.ts';
import { conflict, type Operator } from './use-case.ts';

type Document = Readonly<Record<string, unknown>>;

/** What is told of a registration, under the names of RFC 7591 §3.2.1. Absent is left out, as that RFC has it. */
export type RegistrationJson = Record<string, unknown>;

/** An error that RFC 7591 §3.2.2 has a word for. */
export class RegistrationError extends AppError {}

/** Throws 401 `invalid_token`. */
export interface Registrant {
  /** The initial access token; undefined where anybody may register. */
  readonly token: string | undefined;
  readonly from: string;
}

export async function register(
  admin: Admin,
  { token, from }: Registrant,
  document: Document,
): Promise<RegistrationJson> {
  const hash = token === undefined ? undefined : sha256(token);
  const party = hash === undefined ? 'third' : await partyOf(admin, hash);
  const { client, secret } = judged(admin, { ...known(document), client_id: `app-${randomId(16)}`, party });
  const access = `signoff_rat_${randomId(32)}`;
  const entry = { client, state: 'active', source: 'registration', registrationHash: sha256(access) } as const;
  const note = { action: 'registration.register', subject: `client ${client.client_id}`, after: clientJson(client) };
  const answer = await admin.registry.add(entry, hash, auditOf(admin, itself(client, from), note));
  if (answer === 'gone') throw badToken();
  if (answer === 'taken') throw new Error('a random client_id was there already');
  return {
    ...told(client),
    ...(secret !== undefined && { client_secret: secret, client_secret_expires_at: 0 }),
    client_id_issued_at: Math.floor(admin.clock.now() / 1000),
    registration_access_token: access,
    registration_client_uri: uriOf(admin, client),
  };
}

async function partyOf({ store, clock }: Admin, hash: string): Promise<'first' | 'third'> {
  const row = await store.operators.registrationToken(hash, clock.now());
  if (!row) throw badToken();
  return row.party;
}

/** Whose registration this token is for. Throws 401. */
export async function registered(admin: Admin, clientId: string, token: string | undefined): Promise<KnownClient> {
  await admin.registry.refresh();
  const entry = admin.registry.get(clientId);
  const fits = token !== undefined && entry?.registrationHash === sha256(token);
  if (fits && entry?.state === 'active' && entry.source === 'registration') return entry;
  throw badToken();
}

export function registrationOf(admin: Admin, { client }: KnownClient): RegistrationJson {
  return { ...told(client), registration_client_uri: uriOf(admin, client) };
}

/** Replaces all of it (RFC 7592 §2.2). Whoever sends no secret keeps the one it has; another one it cannot choose. */
export async function replaceRegistration(
  admin: Admin,
  entry: KnownClient,
  document: Document,
  from: string,
): Promise<RegistrationJson> {
  const { client: before } = entry;
  if (document['client_id'] !== before.client_id) {
    throw refused([problem(['client_id'], 'must be the one of this registration', 'send it as it is')]);
  }
  const secretOf = { client_secret: before.client_secret, client_secret_hash: before.client_secret_hash };
  const kept = Object.fromEntries(Object.entries(secretOf).filter(([, value]) => value !== undefined));
  const { client, secret } = judged(
    admin,
    { ...known(document), client_id: before.client_id, party: before.party },
    kept,
  );
  const action = 'registration.change';
  const note = { action, subject: `client ${client.client_id}`, before: clientJson(before), after: clientJson(client) };
  const answer = await admin.registry.put({ ...entry, client }, entry, auditOf(admin, itself(client, from), note));
  if (answer === 'changed') throw conflict('registration_changed', 'It was changed meanwhile; read it and try again.');
  return {
    ...told(client),
    ...(secret !== undefined && { client_secret: secret, client_secret_expires_at: 0 }),
    registration_client_uri: uriOf(admin, client),
  };
}

/** `removed`: its participations end, and it is told about them at its last address. */
export async function removeRegistration(admin: Admin, { client }: KnownClient, from: string): Promise<void> {
  const note = { action: 'registration.remove', subject: `client ${client.client_id}`, after: { state: 'removed' } };
  const audit = auditOf(admin, itself(client, from), note);
  const actor = { kind: 'client', id: client.client_id } as const;
  await admin.endSessions({ kind: 'client', clientId: client.client_id }, { reason: 'client-removed', actor, audit });
  await admin.registry.refresh();
}

function itself({ client_id: id }: Client, from: string): Operator {
  return { actor: { kind: 'client', id }, role: 'support', scopes: [], from };
}

/** RFC 7591 §2: "The authorization server MUST ignore any client metadata sent by the client that it does not understand". */
function known(document: Document): Record<string, unknown> {
  const names = Object.keys(clientFileSchema.shape).filter((name) => !SECRETS.includes(name));
  return Object.fromEntries(names.filter((name) => document[name] != null).map((name) => [name, document[name]]));
}

const SECRETS = ['client_secret', 'client_secret_hash'];

function judged(
  { ruleBook }: Admin,
  given: Document,
  kept: Document = {},
): { client: Client; secret: string | undefined } {
  const method = given['token_endpoint_auth_method'] ?? 'client_secret_basic';
  const needsSecret = method === 'client_secret_basic' || method === 'client_secret_post';
  const fresh = needsSecret && Object.keys(kept).length === 0 ? newSecret() : undefined;
  const secrets = fresh ? { client_secret_hash: fresh.client_secret_hash } : needsSecret ? kept : {};
  const result = judgeClient({ ...given, ...secrets }, ruleBook, strangerProblems);
  if ('client' in result) return { client: result.client, secret: fresh?.client_secret };
  throw refused(result.problems);
}

/** What only somebody who was looked at may have. */
function strangerProblems(client: Client): readonly Problem[] {
  const problems: Problem[] = [];
  if (client.grant_types.includes('client_credentials')) {
    problems.push(problem(['grant_types'], 'may not have client_credentials', 'ask an operator to register the app'));
  }
  if (client.scope?.split(' ').some((scope) => scope.startsWith('signoff.'))) {
    problems.push(problem(['scope'], 'may not have scopes of the API', 'ask an operator to register the app'));
  }
  if (client.trust?.authorities !== undefined)
    problems.push(problem(['tls_ca'], 'names a file of ours', 'take it out'));
  if (client.party === 'third' && client.logout.ask === 'never') {
    problems.push(problem(['logout', 'ask'], 'may not be never', 'use auto or always'));
  }
  if (client.introspection_for !== undefined) {
    problems.push(problem(['introspection_for'], 'names other apps', 'ask an operator to register the app'));
  }
  return problems;
}

function refused(problems: readonly Problem[]): RegistrationError {
  const isRedirect = problems.every(({ field }) => field.startsWith('redirect_uris'));
  const words = problems.map(({ field, message, fix }) => `${[field, message].filter(Boolean).join(' ')}; ${fix}`);
  const code = isRedirect ? 'invalid_redirect_uri' : 'invalid_client_metadata';
  return new RegistrationError({ code, status: 400, publicMessage: words.join('. ') });
}

function badToken(): RegistrationError {
  const publicMessage = 'This token is unknown, used up, or does not work any more.';
  return new RegistrationError({ code: 'invalid_token', status: 401, publicMessage });
}

function told(client: Client): RegistrationJson {
  const { has_secret: _secret, can_be_told: _told, ...json } = clientJson(client);
  return Object.fromEntries(Object.entries(json).filter(([, value]) => value !== null));
}

function uriOf({ issuer }: Admin, { client_id: id }: Client): string {
  return `${issuer}/reg/${encodeURIComponent(id)}`;
}
