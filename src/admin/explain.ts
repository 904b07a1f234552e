import { z } from 'zod';
import { canBeTold } from '../clients/can-be-told.ts';
import type { RegisteredClient } from '../clients/registry.ts';
import type { Delivery } from '../deliveries/delivery.ts';
import { SCOPES, type Scope } from '../logout/logout.ts';
import { ASKINGS, type PolicyRow, policyRow, policyRows } from '../logout/policy-rows.ts';
import { iso } from '../ops/clock.ts';
import type { Admin } from './admin.ts';
import { clientWithId } from './clients.ts';
import { deliveryRow, toDeliveryRow } from './deliveries.ts';
import { absentWords, askingWords, decisionFacts, decisionWords, deliveryWords } from './explain-words.ts';
import { InvalidInput, idText, instant } from './input.ts';
import { accountNamed } from './people.ts';
import { notThere, useCase } from './use-case.ts';

/** Deliveries of one app in one logout that are explained at once. */
const DELIVERIES_MAX = 100;

const count = z.number().int();
const scope = z.enum(SCOPES);
const asking = z.enum(ASKINGS);

/** Why an app was told, or was not, or not yet. */
const toldJson = deliveryRow.extend({
  reason: z.string().nullable(),
  scope: scope.nullable(),
  ended_at: instant.nullable(),
  deadline_at: instant,
  told_at: z.string().nullable().describe('The address it has now.'),
  why: z.string(),
});

const toldOfLogoutJson = z.strictObject({
  logout_id: z.string(),
  client_id: z.string(),
  deliveries: z.array(toldJson).describe('One for each of its sign-ins, at most 100.'),
  why: z.string().nullable().describe('Where it has none.'),
});

const policyRowJson = z.strictObject({
  asking,
  logout_scope: scope.nullable(),
  decision: z.enum(['proceed', 'ask', 'ask-own', 'already-out', 'refuse']),
  ends: scope.nullable(),
  preselected: scope.nullable(),
  offered: z.array(scope).nullable(),
  redirects: z.boolean(),
  asked: z.string().describe('Who asks, and for what, in words.'),
  sentence: z.string().describe('What happens then.'),
});

const wouldDoJson = z.strictObject({
  client: z.strictObject({
    client_id: z.string(),
    state: z.enum(['active', 'suspended', 'removed']),
    party: z.enum(['first', 'third']),
    logout: z.strictObject({
      scope,
      ask: z.enum(['never', 'auto', 'always']),
      allowed_scopes: z.array(scope),
      after_wait: z.enum(['receipt', 'redirect']),
      keep_offline_access: z.boolean(),
    }),
    can_be_told: z.boolean(),
    told_at: z.string().nullable(),
    max_session: count.nullable().describe('In seconds.'),
  }),
  account: z
    .strictObject({
      account_id: z.string(),
      username: z.string(),
      state: z.enum(['active', 'disabled', 'deleted']),
      sessions: count,
      apps: count,
      sessions_with_this_app: count,
    })
    .nullable(),
  rows: z.array(policyRowJson),
});

type Told = z.output<typeof toldJson>;
type ToldOfLogout = z.output<typeof toldOfLogoutJson>;
type WouldDo = z.output<typeof wouldDoJson>;

export const explain = useCase({
  scope: 'signoff.read',
  role: 'support',
  name: 'explain',
  summary: 'Say what a sign-off at an app would do, or why an app was, or was not, told.',
  input: z.strictObject({
    delivery: idText.optional().describe('Why this app was, or was not, told.'),
    logout: idText.optional().describe('The same by the logout and client.'),
    client: idText.optional().describe('The app.'),
    account: idText.optional().describe('The person, by name or id: what is there to end.'),
    request: z
      .strictObject({ asking: asking.optional(), logout_scope: scope.optional() })
      .optional()
      .describe('Only this row of the table; all of them where it is not said.'),
  }),
  output: z.union([toldJson, toldOfLogoutJson, wouldDoJson]),
  async run(admin, _who, { delivery, logout, client, account, request }): Promise<Told | ToldOfLogout | WouldDo> {
    const aboutPolicy = account !== undefined || request !== undefined;
    if (delivery !== undefined && (client !== undefined || logout !== undefined || aboutPolicy))
      throw wrong('A delivery says which app and which logout: leave everything else out.');
    if (logout !== undefined && aboutPolicy) throw wrong('A logout that was goes with client alone.');
    await admin.registry.refresh();
    if (delivery !== undefined) return explainDelivery(admin, delivery);
    if (client === undefined) throw wrong('Say what: client, or delivery.');
    if (logout !== undefined) return explainLogout(admin, logout, client);
    return explainPolicy(admin, client, { account, request });
  },
});

function wrong(message: string): InvalidInput {
  return new InvalidInput([{ field: '', message }]);
}

// ---------------------------------------------------------------- what would happen

interface Supposed {
  readonly account: string | undefined;
  readonly request: Request | undefined;
}

interface Request {
  readonly asking?: (typeof ASKINGS)[number] | undefined;
  readonly logout_scope?: Scope | undefined;
}

async function explainPolicy(admin: Admin, clientId: string, { account, request }: Supposed): Promise<WouldDo> {
  const entry = clientWithId(admin, clientId);
  return {
    client: clientFacts(entry),
    account: account === undefined ? null : await accountFacts(admin, account, clientId),
    rows: rowsFor(entry, request).map(toPolicyRow),
  };
}

function rowsFor({ client }: RegisteredClient, { asking: one, logout_scope: wished }: Request = {}) {
  if (one !== undefined) return [policyRow(client, one, wished)];
  return wished === undefined ? policyRows(client) : ASKINGS.map((each) => policyRow(client, each, wished));
}

function toPolicyRow(row: PolicyRow): z.output<typeof policyRowJson> {
  const { asking: one, wished = null, decision } = row;
  const facts = { asking: one, logout_scope: wished, ...decisionFacts(decision) };
  return { ...facts, asked: askingWords(row), sentence: decisionWords(decision) };
}

function clientFacts({ client, state }: RegisteredClient): WouldDo['client'] {
  const { client_id, party, logout, max_session, backchannel_logout_uri } = client;
  const { scope: usual, ask, allowed_scopes, after_wait, keep_offline_access } = logout;
  return {
    client_id,
    state,
    party,
    logout: { scope: usual, ask, allowed_scopes: [...allowed_scopes], after_wait, keep_offline_access },
    can_be_told: canBeTold(client),
    told_at: backchannel_logout_uri ?? null,
    max_session: max_session === undefined ? null : Math.round(max_session / 1_000),
  };
}

async function accountFacts(admin: Admin, named: string, clientId: string): Promise<WouldDo['account']> {
  const { id, username, state } = await accountNamed(admin, named);
  const { sessions, apps } = await admin.store.sessions.reach(id);
  return {
    account_id: id,
    username,
    state,
    sessions,
    apps: apps.length,
    sessions_with_this_app: apps.find((one) => one.clientId === clientId)?.sessions ?? 0,
  };
}

// ---------------------------------------------------------------- why it was (not) told

async function explainDelivery(admin: Admin, id: string): Promise<Told> {
  const delivery = await admin.store.deliveries.find(id);
  if (!delivery) throw notThere('delivery_unknown', `There is no delivery ${id}.`);
  return toldFacts(admin, delivery);
}

async function explainLogout(admin: Admin, logoutId: string, clientId: string): Promise<ToldOfLogout> {
  const logout = await admin.store.logouts.find(logoutId);
  if (!logout) throw notThere('logout_unknown', `There is no logout ${logoutId}.`);
  const found = await admin.store.deliveries.list({ logoutId, clientId }, { limit: DELIVERIES_MAX });
  const deliveries = await Promise.all(found.map((delivery) => toldFacts(admin, delivery)));
  const known = admin.registry.get(clientId) !== undefined;
  const why = deliveries.length > 0 ? null : absentWords(clientId, { walking: logout.walking, known });
  return { logout_id: logoutId, client_id: clientId, deliveries, why };
}

async function toldFacts({ store, registry }: Admin, delivery: Delivery): Promise<Told> {
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
