import { z } from 'zod';
import { canBeTold } from '../clients/can-be-told.ts';
import { type Client, clientFileSchema } from '../clients/client-file.ts';
import { fileNameOf } from '../clients/client-file-name.ts';
import { clientJson } from '../clients/client-json.ts';
import { judgeClient } from '../clients/load-clients.ts';
import type { KnownClient } from '../clients/registry.ts';
import { iso } from '../ops/clock.ts';
import { randomId, sha256 } from '../ops/ids.ts';
import { type CheckUp, CLIENT_SOURCES, type ClientSource, GRADES } from '../store/store.ts';
import type { Admin } from './admin.ts';
import { auditOf } from './audit-notes.ts';
import { InvalidInput, idText, instant, listOf, reasonText } from './input.ts';
import { conflict, notThere, type Operator, precondition, useCase } from './use-case.ts';

const READERS = { scope: 'signoff.read', role: 'support' } as const;
export const KEEPERS = { scope: 'signoff.clients', role: 'operator' } as const;

const state = z.enum(['active', 'suspended', 'removed']);
const source = z.enum(CLIENT_SOURCES).describe('Where it was registered; a file wins over all others.');

const checkedUp = z
  .strictObject({ grade: z.enum(GRADES), at: instant })
  .nullable()
  .describe('What its last check-up found; null where there was none since it last changed.');

export const clientRow = z.strictObject({
  client_id: z.string(),
  client_name: z.string(),
  party: z.enum(['first', 'third']),
  state,
  source,
  backchannel_logout_uri: z.string().nullable(),
  can_be_told: z.boolean(),
});

/** All that its file would say, and these. */
export const clientDetail = z.looseObject({
  client_id: z.string(),
  state,
  source,
  file: z.string().nullable().describe('The name of its file, where one speaks of it.'),
  has_secret: z.boolean(),
  can_be_told: z.boolean(),
  checked_up: checkedUp,
  version: z.string().describe('Another one after each change; for If-Match.'),
});
const newClientDetail = clientDetail.extend({
  client_secret: z.string().nullable().describe('Shown once; null where there is none.'),
});

function toRow({ client, state: now, source: from }: KnownClient): z.output<typeof clientRow> {
  const { client_id, client_name, party, backchannel_logout_uri } = client;
  const uri = backchannel_logout_uri ?? null;
  return {
    client_id,
    client_name,
    party,
    state: now,
    source: from,
    backchannel_logout_uri: uri,
    can_be_told: canBeTold(client),
  };
}

function checkUpJson(found: CheckUp | undefined): z.output<typeof checkedUp> {
  return found ? { grade: found.grade, at: iso(found.at) } : null;
}

export function toDetail(entry: KnownClient) {
  const { client, state: now, source: from } = entry;
  const json = clientJson(client);
  return {
    ...json,
    client_id: client.client_id,
    has_secret: json['has_secret'] === true,
    can_be_told: canBeTold(client),
    checked_up: checkUpJson(entry.checkUp),
    state: now,
    source: from,
    file: from === 'file' ? fileNameOf(client.client_id) : null,
    version: versionOf(entry),
  };
}

export function versionOf({ client, state: now, source: from }: KnownClient): string {
  return sha256(JSON.stringify([client, now, from])).slice(0, 16);
}

/** Throws 404. */
export function clientWithId({ registry }: Admin, id: string): KnownClient {
  const entry = registry.get(id);
  if (entry) return entry;
  throw notThere('client_unknown', `There is no app ${id}.`);
}

export const listClients = useCase({
  ...READERS,
  name: 'clients.list',
  summary: 'List apps by their id, and where each came from.',
  input: z.strictObject({
    limit: z.coerce.number().int().min(1).max(200).default(200),
    after: idText.optional().describe('`next` of the page before.'),
  }),
  output: listOf(clientRow),
  async run({ registry }, _who, { limit, after }) {
    await registry.refresh();
    const all = registry.all().filter(({ client }) => after === undefined || client.client_id > after);
    const page = all.slice(0, limit);
    return {
      items: page.map(toRow),
      next: all.length > limit ? (page.at(-1)?.client.client_id ?? null) : null,
    };
  },
});

export const showClient = useCase({
  ...READERS,
  name: 'clients.show',
  summary: 'Show one app with all defaults filled in; no secrets.',
  input: z.strictObject({ id: idText }),
  output: clientDetail,
  async run(admin, _who, { id }) {
    await admin.registry.refresh();
    return toDetail(clientWithId(admin, id));
  },
});

/** What is sent is judged by the rules of client files, with their words; the shape is only for the API's document. */
export const clientDocument = z.record(z.string(), z.unknown());

export { clientFileSchema as clientDocumentShape };

/** Throws 422 with each field's problem. */
export function judged({ ruleBook }: Admin, document: Readonly<Record<string, unknown>>): Client {
  // Absent is null in all that we print, and may come back so.
  const given = Object.fromEntries(Object.entries(document).filter(([, value]) => value !== null));
  const result = judgeClient(given, ruleBook);
  if ('client' in result) return result.client;
  throw new InvalidInput(result.problems.map(({ field, message, fix }) => ({ field, message: `${message}; ${fix}` })));
}

/** What we add to a client when we show it; whoever sends back what was shown means none of it. */
export const SHOWN_ONLY: readonly string[] = [
  'state',
  'source',
  'file',
  'has_secret',
  'can_be_told',
  'checked_up',
  'version',
];

export function withoutShown(document: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(document).filter(([name]) => !SHOWN_ONLY.includes(name)));
}

/** A secret of 256 bits, and the only form of it that has to be kept. */
export function newSecret(): { readonly client_secret: string; readonly client_secret_hash: string } {
  const client_secret = randomId(32);
  return { client_secret, client_secret_hash: `sha256:${sha256(client_secret)}` };
}

export const addClient = useCase({
  ...KEEPERS,
  name: 'clients.add',
  summary: 'Register an app; its secret is shown once.',
  input: z.strictObject({
    client: clientDocument,
    source: z.enum(['api', 'page']).default('api'),
    reason: reasonText,
  }),
  output: newClientDetail,
  async run(admin, who, { client: document, source: from, reason }) {
    const given = withoutShown({ client_id: `app-${randomId(9)}`, ...document });
    const { secret, hash } = secretFor(given);
    const client = judged(admin, { ...given, ...hash });
    await admin.registry.refresh();
    const known = admin.registry.get(client.client_id);
    if (known && known.state !== 'removed') {
      throw conflict('client_id_taken', `There is an app ${client.client_id} already; choose another client_id.`);
    }
    const entry = await put(admin, who, { client, from, action: addClient.name, reason, seen: known });
    return { ...toDetail(entry), client_secret: secret };
  },
});

/** Made here for those who would send one at the token endpoint and bring none. */
function secretFor(given: Readonly<Record<string, unknown>>): { secret: string | null; hash: object } {
  const method = given['token_endpoint_auth_method'] ?? 'client_secret_basic';
  const brings = given['client_secret'] != null || given['client_secret_hash'] != null;
  if (brings || (method !== 'client_secret_basic' && method !== 'client_secret_post'))
    return { secret: null, hash: {} };
  const { client_secret, client_secret_hash } = newSecret();
  return { secret: client_secret, hash: { client_secret_hash } };
}

interface Put {
  readonly client: Client;
  readonly from: ClientSource;
  readonly action: string;
  readonly reason: string | undefined;
  /** What `client` was made of; a removed one is brought back. */
  readonly seen: KnownClient | undefined;
}

/** Throws 412 where somebody was quicker. */
export async function put(admin: Admin, who: Operator, given: Put): Promise<KnownClient> {
  const { client, from, action, reason, seen } = given;
  const before = seen?.state === 'removed' ? undefined : seen;
  const { was, becomes } = difference(before, client);
  const audit = auditOf(admin, who, {
    action,
    subject: `client ${client.client_id}`,
    reason,
    before: was,
    after: becomes,
  });
  const hash = before?.registrationHash;
  const entry = {
    client,
    state: 'active',
    source: from,
    ...(hash !== undefined && { registrationHash: hash }),
  } as const;
  if ((await admin.registry.put(entry, seen, audit)) === 'changed') throw changedMeanwhile(client.client_id);
  return clientWithId(admin, client.client_id);
}

export function changedMeanwhile(id: string): Error {
  return precondition(412, 'version_old', `${id} was changed meanwhile; look at it again.`);
}

/** Only what changed, without secrets. */
function difference(before: KnownClient | undefined, client: Client): { was: object | undefined; becomes: object } {
  const after = clientJson(client);
  if (!before) return { was: undefined, becomes: after };
  const old = clientJson(before.client);
  const names = Object.keys(after).filter((name) => JSON.stringify(old[name]) !== JSON.stringify(after[name]));
  const pick = (all: Record<string, unknown>) => Object.fromEntries(names.map((name) => [name, all[name] ?? null]));
  return { was: pick(old), becomes: pick(after) };
}
