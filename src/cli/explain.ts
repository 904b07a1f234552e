import type { Command } from 'commander';
import { toDeliveryRow } from '../admin/deliveries.ts';
import { accountNamed } from '../admin/people.ts';
import { previewOf } from '../admin/preview.ts';
import { canBeTold } from '../clients/can-be-told.ts';
import type { RegisteredClient } from '../clients/registry.ts';
import { SCOPES } from '../logout/logout.ts';
import { ASKINGS, type PolicyRow, policyRow, policyRows } from '../logout/policy-rows.ts';
import { iso } from '../ops/clock.ts';
import { addLeaf, type Context, run } from './command.ts';
import { EXIT, type ExitCode, UsageError } from './exit-codes.ts';
import { askingWords, decisionFacts, decisionWords, deliveryWords } from './explain-words.ts';
import { oneOfWords, printRecord, printRows } from './listing.ts';
import type { Product } from './product.ts';
import type { Column, Row } from './terminal.ts';

interface ExplainOptions {
  readonly json?: boolean;
  readonly client?: string;
  readonly account?: string;
  readonly asking?: string;
  readonly scope?: string;
  readonly delivery?: string;
  readonly logout?: string;
}

/** Deliveries of one app in one logout that are explained at once. */
const DELIVERIES_MAX = 100;

export function addExplain(program: Command, context: Context): void {
  addLeaf(program, {
    usage: 'explain',
    summary: 'say what a sign-off at an app would do, or why an app was (not) told',
    examples: [
      'explain --client wiki',
      'explain --client wiki --account alice --json',
      'explain --client wiki --asking good-hint --scope all-here',
      'explain --delivery 4pV7mXeQ2cA',
      'explain --logout x7Qm2cA9pVd --client wiki',
    ],
  })
    .option('--client <client_id>', 'the app')
    .option('--account <account>', 'the person, by name or id: what is there to end')
    .option('--asking <row>', `only this row of the table: ${ASKINGS.join(', ')}`)
    .option('--scope <scope>', 'as if the app asked for this by logout_scope')
    .option('--delivery <id>', 'why this app was, or was not, told')
    .option('--logout <id>', 'the same by the logout and --client')
    .action(run(context, (options: ExplainOptions) => explain(context, options)));
}

function explain(context: Context, options: ExplainOptions): Promise<ExitCode> {
  const { client, delivery, logout } = options;
  if (delivery !== undefined && (client !== undefined || logout !== undefined))
    throw new UsageError('A delivery says which app and which logout: leave --client and --logout out.');
  if (delivery === undefined && client === undefined) throw new UsageError('Say what: --client or --delivery.');
  return context.withProduct((product) => {
    if (delivery !== undefined) return explainDelivery(context, product, delivery, options);
    if (logout !== undefined) return explainLogout(context, product, logout, options);
    return explainPolicy(context, product, options);
  });
}

// ---------------------------------------------------------------- what would happen

const ROW_COLUMNS: readonly Column[] = [
  ['asked', 'ASKED WITH'],
  ['sentence', 'THEN'],
];

async function explainPolicy(context: Context, product: Product, options: ExplainOptions): Promise<ExitCode> {
  const { terminal } = context;
  const entry = product.registry.get(options.client ?? '');
  if (!entry) return unknownApp(context, options.client ?? '');
  const account = options.account === undefined ? undefined : await accountNamed(product, options.account);
  const rows = rowsFor(entry, options).map(rowFacts);
  const facts = { client: clientFacts(entry), account: account ? await accountFacts(product, account, entry) : null };
  if (options.json) terminal.printJson({ ...facts, rows });
  else {
    printRecord(terminal, false, { ...facts.client, ...(facts.account && { account: facts.account }) });
    terminal.print('');
    printRows(terminal, false, ROW_COLUMNS, rows);
  }
  return EXIT.done;
}

function rowsFor({ client }: RegisteredClient, options: ExplainOptions): readonly PolicyRow[] {
  const asking = oneOfWords('--asking', options.asking, ASKINGS);
  const scope = oneOfWords('--scope', options.scope, SCOPES);
  if (asking !== undefined) return [policyRow(client, asking, scope)];
  return scope === undefined ? policyRows(client) : ASKINGS.map((one) => policyRow(client, one, scope));
}

function rowFacts(row: PolicyRow): Row {
  const { asking, wished = null, decision } = row;
  const facts = { asking, logout_scope: wished, ...decisionFacts(decision) };
  return { ...facts, asked: askingWords(row), sentence: decisionWords(decision) };
}

function clientFacts({ client, state }: RegisteredClient): Row {
  const { client_id, party, logout, max_session, backchannel_logout_uri } = client;
  const { scope, ask, allowed_scopes, after_wait, keep_offline_access } = logout;
  return {
    client_id,
    state,
    party,
    logout: { scope, ask, allowed_scopes, after_wait, keep_offline_access },
    can_be_told: canBeTold(client),
    told_at: backchannel_logout_uri ?? null,
    max_session: max_session === undefined ? null : Math.round(max_session / 1_000),
  };
}

async function accountFacts(
  product: Product,
  { id, username, state }: { readonly id: string; readonly username: string; readonly state: string },
  { client }: RegisteredClient,
): Promise<Row> {
  const everywhere = await previewOf(product.admin, { accountId: id });
  const inside = await previewOf(product.admin, { accountId: id, clientId: client.client_id });
  return {
    account_id: id,
    username,
    state,
    sessions: everywhere.sessions,
    apps: everywhere.apps.length,
    sessions_with_this_app: inside.sessions,
  };
}

// ---------------------------------------------------------------- why it was (not) told

async function explainDelivery(
  context: Context,
  product: Product,
  id: string,
  options: ExplainOptions,
): Promise<ExitCode> {
  const delivery = await product.store.deliveries.find(id);
  if (!delivery) {
    context.terminal.note(`There is no delivery ${id}.`);
    return EXIT.nothing;
  }
  const facts = await toldFacts(product, delivery);
  printRecord(context.terminal, options.json, facts);
  return EXIT.done;
}

async function explainLogout(
  context: Context,
  product: Product,
  logoutId: string,
  options: ExplainOptions,
): Promise<ExitCode> {
  const { terminal } = context;
  const clientId = options.client ?? '';
  const logout = await product.store.logouts.find(logoutId);
  if (!logout) {
    terminal.note(`There is no logout ${logoutId}.`);
    return EXIT.nothing;
  }
  const found = await product.store.deliveries.list({ logoutId, clientId }, { limit: DELIVERIES_MAX });
  const rows = await Promise.all(found.map((delivery) => toldFacts(product, delivery)));
  const why =
    rows.length > 0 ? null : absentWords(clientId, logout.walking, product.registry.get(clientId) !== undefined);
  if (options.json) terminal.printJson({ logout_id: logoutId, client_id: clientId, deliveries: rows, why });
  else if (why !== null) terminal.print(why);
  else for (const row of rows) printRecord(terminal, false, row);
  return rows.length > 0 ? EXIT.done : EXIT.nothing;
}

function absentWords(clientId: string, walking: boolean, known: boolean): string {
  if (!known) return `There is no app ${clientId}.`;
  return walking
    ? `${clientId} is not among those that were planned so far; this end is still being walked.`
    : `${clientId} was not told, because it was in none of the sign-ins that this end is about.`;
}

async function toldFacts({ store, registry }: Product, delivery: Parameters<typeof toDeliveryRow>[0]): Promise<Row> {
  const logout = await store.logouts.find(delivery.logoutId);
  const toldAt = registry.get(delivery.clientId)?.client.backchannel_logout_uri;
  return {
    ...toDeliveryRow(delivery),
    reason: logout?.reason ?? null,
    scope: logout?.scope ?? null,
    ended_at: logout ? iso(logout.at) : null,
    deadline_at: iso(delivery.deadline.at),
    told_at: toldAt ?? null,
    why: deliveryWords(delivery, toldAt),
  };
}

function unknownApp({ terminal }: Context, id: string): ExitCode {
  terminal.note(`There is no app ${id}.`);
  return EXIT.nothing;
}
