/** Changing an app that no file speaks of: first what would change, then the change; and a new secret. */
import { z } from 'zod';
import type { Client } from '../clients/client-file.ts';
import { clientJson } from '../clients/client-json.ts';
import type { KnownClient } from '../clients/registry.ts';
import type { Admin } from './admin.ts';
import {
  changedMeanwhile,
  clientDetail,
  clientDocument,
  clientWithId,
  judged,
  KEEPERS,
  newSecret,
  put,
  toDetail,
  versionOf,
  withoutShown,
} from './clients.ts';
import { InvalidInput, idText, reasonText } from './input.ts';
import { conflict, notThere, precondition, useCase } from './use-case.ts';

/** Throws 404, 409 for an app of a file, 412 where somebody changed it meanwhile, 428 where that was not said. */
function changeable(admin: Admin, id: string, version: string | undefined): KnownClient {
  const entry = clientWithId(admin, id);
  if (entry.state === 'removed') throw notThere('client_unknown', `There is no app ${id}.`);
  if (entry.source === 'file') {
    throw conflict('client_of_a_file', `${id} is registered by a file, which nothing else changes; edit that.`);
  }
  if (version === undefined) throw precondition(428, 'version_missing', 'Say which version you have seen (If-Match).');
  if (version !== '*' && version !== versionOf(entry)) throw changedMeanwhile(id);
  return entry;
}

const changeMembers = {
  id: idText,
  version: z.string().max(100).optional().describe('The version that was seen.'),
  client: clientDocument,
  reason: reasonText,
};

export const previewChange = useCase({
  ...KEEPERS,
  name: 'clients.preview-change',
  summary: 'Say what a change of an app would change, field by field, and change nothing.',
  input: z.strictObject(changeMembers),
  output: z.strictObject({
    client_id: z.string(),
    changes: z.array(z.strictObject({ field: z.string(), before: z.unknown(), after: z.unknown() })),
  }),
  async run(admin, _who, given) {
    const { before, client } = await changed(admin, given);
    return { client_id: given.id, changes: [...fieldsBetween(clientJson(before.client), clientJson(client))] };
  },
});

export const changeClient = useCase({
  ...KEEPERS,
  name: 'clients.change',
  summary: 'Change an app that no file speaks of; what is not said gets its default, but the secret stays.',
  input: z.strictObject(changeMembers),
  output: clientDetail,
  async run(admin, who, given) {
    const { before, client } = await changed(admin, given);
    const note = { action: 'clients.change', reason: given.reason };
    return toDetail(await put(admin, who, { client, from: before.source, seen: before, ...note }));
  },
});

interface Change {
  readonly id: string;
  readonly version?: string | undefined;
  readonly client: Section;
}

/** The app before and after, judged. Throws what `changeable` and `judged` do. */
async function changed(admin: Admin, { id, version, client: document }: Change) {
  await admin.registry.refresh();
  const before = changeable(admin, id, version);
  const given = withoutShown({ client_id: id, ...document });
  if (given['client_id'] !== id) throw new InvalidInput([{ field: 'client_id', message: 'cannot change.' }]);
  return { before, client: judged(admin, { ...keptSecret(before.client, given), ...given }) };
}

type Section = Readonly<Record<string, unknown>>;

interface FieldChange {
  readonly field: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** Each name that differs, sections name by name; what is absent is null. */
function fieldsBetween(old: Section, fresh: Section, prefix = ''): readonly FieldChange[] {
  const names = [...new Set([...Object.keys(old), ...Object.keys(fresh)])];
  return names.flatMap((name) => {
    const [before = null, after = null] = [old[name], fresh[name]];
    if (JSON.stringify(before) === JSON.stringify(after)) return [];
    if (name === 'logout') return fieldsBetween(before as Section, after as Section, 'logout.');
    return [{ field: `${prefix}${name}`, before, after }];
  });
}

/** Nobody can send back what is never shown. */
function keptSecret({ client_secret, client_secret_hash }: Client, given: Readonly<Record<string, unknown>>): object {
  const method = given['token_endpoint_auth_method'] ?? 'client_secret_basic';
  const needs = method === 'client_secret_basic' || method === 'client_secret_post';
  if (!needs || given['client_secret'] != null || given['client_secret_hash'] != null) return {};
  return client_secret_hash === undefined ? { client_secret } : { client_secret_hash };
}

export const renewSecret = useCase({
  ...KEEPERS,
  name: 'clients.secret',
  summary: 'Give an app that no file speaks of a new secret, shown once; the old one is worth nothing at once.',
  input: z.strictObject({ id: idText, reason: reasonText }),
  output: z.strictObject({ client_id: z.string(), client_secret: z.string(), client_secret_hash: z.string() }),
  async run(admin, who, { id, reason }) {
    await admin.registry.refresh();
    const before = changeable(admin, id, '*');
    const secret = newSecret();
    const { client_secret: _old, ...rest } = before.client;
    const client = { ...rest, client_secret_hash: secret.client_secret_hash };
    await put(admin, who, { client, from: before.source, action: renewSecret.name, reason, seen: before });
    return { client_id: id, ...secret };
  },
});
