/** What would become of apps that another program wrote down; each that is new is then registered by `clients.add`. */
import { z } from 'zod';
import { readForeignClients } from '../clients/foreign-clients.ts';
import type { Admin } from './admin.ts';
import { judged } from './clients.ts';
import { InvalidInput } from './input.ts';
import { useCase } from './use-case.ts';

const CLIENTS_MAX = 10_000;

const row = z.strictObject({
  client_id: z.string().nullable(),
  result: z.enum(['new', 'there', 'refused']),
  message: z.string().nullable().describe('What is wrong with it.'),
  left_out: z.array(z.string()).describe('What it says there and nobody heeds here.'),
  client: z
    .record(z.string(), z.unknown())
    .nullable()
    .describe('What clients.add would be sent; null unless it is new.'),
});

export const previewClients = useCase({
  scope: 'signoff.clients',
  role: 'operator',
  name: 'clients.preview',
  summary: 'Read registration JSON, a Keycloak realm export or Hydra’s clients, and say what would become of each.',
  input: z.strictObject({ document: z.unknown() }),
  output: z.strictObject({ items: z.array(row) }),
  async run(admin, _who, { document }) {
    const found = readForeignClients(document);
    if (!found || found.length > CLIENTS_MAX) {
      const message = found
        ? `has more than ${CLIENTS_MAX} apps.`
        : 'is neither registration JSON, a Keycloak realm export nor Hydra’s.';
      throw new InvalidInput([{ field: 'document', message }]);
    }
    await admin.registry.refresh();
    return { items: found.map((one) => preview(admin, one.document, [...one.leftOut])) };
  },
});

function preview(admin: Admin, document: Readonly<Record<string, unknown>>, left_out: string[]): z.output<typeof row> {
  const id = document['client_id'];
  const client_id = typeof id === 'string' ? id : null;
  const known = client_id === null ? undefined : admin.registry.get(client_id);
  if (known && known.state !== 'removed') return { client_id, result: 'there', message: null, left_out, client: null };
  try {
    judged(admin, withSecret(document));
    return { client_id, result: 'new', message: null, left_out, client: { ...document } };
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    return { client_id, result: 'refused', message: error.publicMessage, left_out, client: null };
  }
}

/** An app that brings no secret is given one when it is registered. */
function withSecret(document: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const method = document['token_endpoint_auth_method'] ?? 'client_secret_basic';
  const needs = method === 'client_secret_basic' || method === 'client_secret_post';
  const brings = document['client_secret'] != null || document['client_secret_hash'] != null;
  const standIn = { client_id: 'app', client_secret_hash: `sha256:${'A'.repeat(43)}` };
  return needs && !brings ? { ...standIn, ...document } : { client_id: 'app', ...document };
}
