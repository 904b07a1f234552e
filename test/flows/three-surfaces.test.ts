/**
 * One layer under three surfaces (docs/decisions/0018-operators.md): whatever is done by command, by the API or at a page
 * comes to the same, leaves the same row in the audit, and is refused in the same words. Three worlds that are alike are each
 * worked by one surface, case after case, and compared after each.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../spec/scene.ts';
import { type ApiCall, apiClient, aTokenFor } from '../support/api.ts';
import { createBrowser, type Fields, type Page } from '../support/browser.ts';
import { runCommandHere } from '../support/command.ts';
import { anOperator, type OperatorAtWork, wordsOf } from '../support/operators.ts';
import { describeFlows, startWorld, type World } from '../support/product.ts';

type Surface = 'command' | 'api' | 'page';
const SURFACES: readonly Surface[] = ['command', 'api', 'page'];

/** One of the three, with an owner at work who is called the same in each. */
interface Place {
  readonly world: World<'wiki' | 'sick'>;
  readonly owner: OperatorAtWork;
  readonly api: ReturnType<typeof apiClient>;
  /** Ids that differ between the worlds, by what they are. */
  readonly ids: Map<string, string>;
}

interface Case {
  readonly title: string;
  readonly command: (place: Place) => Promise<Command> | Command;
  readonly api: (place: Place) => Promise<Call> | Call;
  readonly page: (place: Place) => Promise<Page>;
  /** What it comes to, as the API shows it afterwards. */
  readonly look: string;
  /** What is said to whoever is refused; absent where it is done. */
  readonly refused?: RegExp;
}

interface Command {
  readonly args: readonly string[];
  readonly input?: string;
}
interface Call extends ApiCall {
  readonly path: string;
}

const SHOP = {
  client_id: 'shop',
  client_name: 'Shop',
  redirect_uris: ['https://shop.example/cb'],
  backchannel_logout_uri: 'https://shop.example/logout',
};
const WHY = 'a <reason>';

const CASES: readonly Case[] = [
  {
    title: 'an app that is wrong is refused',
    command: () => ({ args: ['clients', 'add', 'bad', '--redirect-uri', 'ftp://shop.example/cb'] }),
    api: () => ({ path: '/clients', body: { client_id: 'bad', redirect_uris: ['ftp://shop.example/cb'] } }),
    page: async ({ owner }) =>
      owner.send(await owner.at('/clients'), '/clients', { client_id: 'bad', redirect_uris: 'ftp://shop.example/cb' }),
    look: '/clients',
    refused: /use https/,
  },
  {
    title: 'an app is registered',
    command: async (place) => ({
      args: ['import', 'clients', await fileWith(place, 'new.json', [SHOP]), '--yes'],
    }),
    api: () => ({ path: '/clients?reason=imported', body: SHOP }),
    page: async ({ owner }) => {
      const fields = { ...SHOP, redirect_uris: SHOP.redirect_uris.join('\n'), reason: 'imported' };
      return owner.send(await owner.at('/clients'), '/clients', fields);
    },
    look: '/clients/shop',
  },
  {
    title: 'a change that is wrong is refused',
    command: async (place) => ({
      args: [
        'clients',
        'change',
        'shop',
        await fileWith(place, 'wrong.json', { ...SHOP, max_session: 'long' }),
        '--yes',
      ],
    }),
    api: () => ({
      path: '/clients/shop',
      method: 'PUT',
      body: { ...SHOP, max_session: 'long' },
      headers: { 'if-match': '*' },
    }),
    page: async ({ owner }) => owner.send(await owner.at('/clients/shop/change'), '/change', { max_session: 'long' }),
    look: '/clients/shop',
    refused: /must be a duration like 30s/,
  },
  {
    title: 'an app is changed',
    command: async (place) => ({
      args: [
        ...[
          'clients',
          'change',
          'shop',
          await fileWith(place, 'changed.json', { ...(await seen(place)), max_session: '8h' }),
        ],
        ...['--yes', '--reason', WHY],
      ],
    }),
    api: async (place) => ({
      path: `/clients/shop?${new URLSearchParams({ reason: WHY })}`,
      method: 'PUT',
      body: { ...(await seen(place)), max_session: '8h' },
      headers: { 'if-match': (await seen(place)).version },
    }),
    page: async ({ owner }) =>
      owner.sendAndConfirm(await owner.at('/clients/shop/change'), '/change', { max_session: '8h' }, { reason: WHY }),
    look: '/clients/shop',
  },
  {
    title: 'a change behind somebody who was faster is refused',
    command: async (place) => ({
      args: ['clients', 'change', 'shop', await fileWith(place, 'late.json', { ...SHOP, version: 'old' }), '--yes'],
    }),
    api: () => ({ path: '/clients/shop', method: 'PUT', body: SHOP, headers: { 'if-match': '"old"' } }),
    page: async ({ owner }) =>
      owner.send(await owner.at('/clients/shop/change'), '/change', { version: 'old', client_name: 'Mine' }),
    look: '/clients/shop',
    refused: /shop was changed meanwhile; look at it again\./,
  },
  {
    title: 'an app of a file is not changed',
    command: async (place) => ({
      args: ['clients', 'change', 'wiki', await fileWith(place, 'wiki.json', SHOP), '--yes'],
    }),
    api: () => ({ path: '/clients/wiki', method: 'PUT', body: SHOP, headers: { 'if-match': '*' } }),
    page: (place) => post(place, '/clients/wiki/change', { confirm: 'yes', version: '*' }),
    look: '/clients/wiki',
    refused: /wiki is registered by a file, which nothing else changes; edit that\./,
  },
  {
    title: 'an app gets a new secret',
    command: () => ({ args: ['clients', 'secret', 'shop', '--yes', '--reason', WHY] }),
    api: () => ({ path: '/clients/shop/secret', body: { reason: WHY } }),
    page: async ({ owner }) => owner.sendAndConfirm(await owner.at('/clients/shop'), '/secret', {}, { reason: WHY }),
    look: '/clients/shop',
  },
  {
    title: 'the sessions of a person end',
    command: () => ({ args: ['logout', '--account', 'bob', '--yes', '--reason', WHY] }),
    api: () => ({ path: '/logouts', body: { account: 'bob', reason: WHY, wait: '5s' } }),
    page: (place) => post(place, `/people/${place.ids.get('bob')}/end`, { confirm: 'yes', reason: WHY }),
    look: '/sessions?account=bob',
  },
  {
    title: 'nobody’s sessions do not end',
    command: () => ({ args: ['logout', '--account', 'nobody', '--yes'] }),
    api: () => ({ path: '/logouts', body: { account: 'nobody' } }),
    page: (place) => post(place, '/people/nobody/end', { confirm: 'yes' }),
    look: '/sessions?account=bob',
    refused: /There is no account nobody\./,
  },
  {
    title: 'an account is disabled',
    command: () => ({ args: ['accounts', 'disable', 'bob', '--yes', '--reason', WHY] }),
    api: () => ({ path: '/accounts/bob/disable', body: { reason: WHY } }),
    page: async ({ owner, ids }) =>
      owner.sendAndConfirm(await owner.at(`/people/${ids.get('bob')}`), '/disable', {}, { reason: WHY }),
    look: '/accounts/bob',
  },
  {
    title: 'an account is enabled',
    command: () => ({ args: ['accounts', 'enable', 'bob'] }),
    api: () => ({ path: '/accounts/bob/enable', method: 'POST' }),
    page: async ({ owner, ids }) => owner.send(await owner.at(`/people/${ids.get('bob')}`), '/enable'),
    look: '/accounts/bob',
  },
  {
    title: 'a role is given',
    command: () => ({ args: ['operators', 'add', 'bob', '--role', 'support', '--reason', WHY] }),
    api: () => ({ path: '/operators/bob', method: 'PUT', body: { role: 'support', reason: WHY } }),
    page: async ({ owner }) =>
      owner.send(await owner.at('/operators'), '/operators', { account: 'bob', role: 'support', reason: WHY }),
    look: '/operators',
  },
  {
    title: 'a role that there is not is refused',
    command: () => ({ args: ['operators', 'add', 'bob', '--role', 'king'] }),
    api: () => ({ path: '/operators/bob', method: 'PUT', body: { role: 'king' } }),
    page: async ({ owner }) => owner.send(await owner.at('/operators'), '/operators', { account: 'bob', role: 'king' }),
    look: '/operators',
    refused: /must be one of support, operator, owner\./,
  },
  {
    title: 'the last owner keeps the role',
    command: () => ({ args: ['operators', 'remove', 'root'] }),
    api: () => ({ path: '/operators/root', method: 'DELETE' }),
    page: async ({ owner }) => owner.sendAndConfirm(await owner.at('/operators'), '/remove', { account: 'root' }),
    look: '/operators',
    refused: /the only owner left/,
  },
  {
    title: 'a token is made',
    command: () => ({ args: ['tokens', 'add', 'bob', '--name', 'ci', '--scope', 'signoff.read', '--expires', '7d'] }),
    api: () => ({ path: '/tokens', body: { account: 'bob', name: 'ci', scopes: ['signoff.read'], expires_in: '7d' } }),
    page: async ({ owner }) => {
      const fields = { account: 'bob', name: 'ci', 'scopes:signoff.read': 'yes', expires_in: '7d' };
      return owner.send(await owner.at('/tokens'), '/tokens', fields);
    },
    look: '/tokens?account=bob',
  },
  {
    title: 'a token beyond the role is refused',
    command: () => ({ args: ['tokens', 'add', 'bob', '--name', 'ci', '--scope', 'signoff.clients'] }),
    api: () => ({ path: '/tokens', body: { account: 'bob', name: 'ci', scopes: ['signoff.clients'] } }),
    page: async ({ owner }) =>
      owner.send(await owner.at('/tokens'), '/tokens', { account: 'bob', name: 'ci', 'scopes:signoff.clients': 'yes' }),
    look: '/tokens?account=bob',
    refused: /may not hold signoff\.clients/,
  },
  {
    title: 'a registration token is made',
    command: () => ({ args: ['registration-tokens', 'add', '--uses', '5', '--expires', '7d', '--party', 'first'] }),
    api: () => ({ path: '/registration-tokens', body: { uses: 5, expires_in: '7d', party: 'first' } }),
    page: async ({ owner }) =>
      owner.send(await owner.at('/registration-tokens'), '/registration-tokens', {
        uses: '5',
        expires_in: '7d',
        party: 'first',
      }),
    look: '/registration-tokens',
  },
  {
    title: 'a registration token for ever is refused',
    command: () => ({ args: ['registration-tokens', 'add', '--expires', '1000d'] }),
    api: () => ({ path: '/registration-tokens', body: { expires_in: '1000d' } }),
    page: async ({ owner }) =>
      owner.send(await owner.at('/registration-tokens'), '/registration-tokens', { expires_in: '1000d' }),
    look: '/registration-tokens',
    refused: /must be between 1s and 366d\./,
  },
  {
    title: 'a registration token is revoked',
    command: async (place) => ({ args: ['registration-tokens', 'revoke', await firstToken(place)] }),
    api: async (place) => ({ path: `/registration-tokens/${await firstToken(place)}`, method: 'DELETE' }),
    page: async ({ owner }) => owner.send(await owner.at('/registration-tokens'), '/revoke'),
    look: '/registration-tokens',
  },
  {
    title: 'refused deliveries are sent again',
    command: () => ({ args: ['deliveries', 'replay', '--client', 'sick', '--state', 'refused', '--reason', WHY] }),
    api: () => ({ path: '/deliveries/replay', body: { client: 'sick', state: 'refused', reason: WHY } }),
    page: async ({ owner }) =>
      owner.sendAndConfirm(
        await owner.at('/deliveries'),
        '/replay',
        { client: 'sick', 'state:refused': 'yes' },
        { reason: WHY },
      ),
    look: '/clients/sick',
  },
  {
    title: 'all deliveries there are are not sent again by mistake',
    command: () => ({ args: ['deliveries', 'replay'] }),
    api: () => ({ path: '/deliveries/replay', body: {} }),
    page: async ({ owner }) => owner.send(await owner.at('/deliveries'), '/replay'),
    look: '/clients/sick',
    refused: /Say which: id, logout, client, account, state, since or until\./,
  },
  {
    title: 'keys are rotated',
    command: () => ({ args: ['keys', 'rotate', '--reason', WHY] }),
    api: () => ({ path: '/keys/rotate', body: { reason: WHY } }),
    page: async ({ owner }) => owner.sendAndConfirm(await owner.at('/keys'), '/rotate', {}, { reason: WHY }),
    look: '/keys',
  },
  {
    title: 'a key that there is not is not retired',
    command: () => ({ args: ['keys', 'retire', 'none'] }),
    api: () => ({ path: '/keys/none/retire', method: 'POST' }),
    page: (place) => post(place, '/keys/retire', { kid: 'none', confirm: 'yes' }),
    look: '/keys',
    refused: /There is no key none\./,
  },
  {
    title: 'an app is removed',
    command: () => ({ args: ['clients', 'remove', 'shop', '--yes', '--reason', WHY] }),
    api: () => ({ path: `/clients/shop?${new URLSearchParams({ reason: WHY })}`, method: 'DELETE' }),
    page: async ({ owner }) => owner.sendAndConfirm(await owner.at('/clients/shop'), '/remove', {}, { reason: WHY }),
    look: '/clients/shop',
  },
];

async function fileWith({ world }: Place, name: string, document: unknown): Promise<string> {
  await writeFile(join(world.folder, name), JSON.stringify(document));
  return name;
}

/** As whoever changes it has seen it. */
async function seen({ api }: Place) {
  return (await api('/clients/shop')).json;
}

async function firstToken({ api }: Place): Promise<string> {
  return (await api('/registration-tokens')).json.items[0].id;
}

/** A form that no page of ours shows: with the csrf field of one that it does. */
async function post({ owner, world }: Place, path: string, fields: Fields): Promise<Page> {
  const csrf = (await owner.at('/keys')).forms[0]?.fields['csrf'] ?? '';
  return owner.browser.post(`${world.issuer}/admin${path}`, { csrf, ...fields });
}

describeFlows('the three surfaces', () => {
  const places = new Map<Surface, Place>();

  beforeAll(async () => {
    for (const surface of SURFACES) places.set(surface, await aPlace());
  }, 60_000);
  afterAll(() => Promise.all([...places.values()].map(({ world }) => world.stop())));

  describe.each(CASES)('$title', (which) => {
    it(which.refused ? 'in the same words' : 'to the same result, with the same row of the audit', async () => {
      const outcomes = new Map<Surface, Outcome>();
      for (const [surface, place] of places) outcomes.set(surface, await carryOut(surface, place, which));
      const { said: _said, ...expected } = outcomes.get('api') as Outcome;
      for (const [surface, { said, ...outcome }] of outcomes) {
        expect([surface, outcome]).toEqual([surface, expected]);
        if (which.refused) expect([surface, said]).toEqual([surface, expect.stringMatching(which.refused)]);
      }
      expect(expected.isDone).toBe(which.refused === undefined);
      expect(expected.rows).toHaveLength(which.refused ? 0 : 1);
    }, 30_000);
  });
});

/** What became of one case at one surface; what differs between the worlds is named. */
interface Outcome {
  readonly isDone: boolean;
  readonly said: string;
  readonly rows: readonly unknown[];
  readonly result: unknown;
}

async function carryOut(surface: Surface, place: Place, which: Case): Promise<Outcome> {
  const { world } = place;
  const [last] = await world.store.audit.list({}, 1);
  const { isDone, said } = await BY[surface](place, which);
  const rows = (await world.store.audit.list({}, 20)).filter(({ seq }) => seq > (last?.seq ?? 0));
  const { json } = await place.api(which.look);
  return {
    isDone,
    said,
    rows: rows.map(({ action, subject, reason, before, after }) =>
      named(place, { action, subject, reason, before: read(before), after: read(after) }),
    ),
    result: inOrder(named(place, json)),
  };
}

/** Lists are by ids, and so in another order in each world. */
function inOrder(result: unknown): unknown {
  const { items, ...rest } = result as { readonly items?: readonly unknown[] };
  return items === undefined ? result : { ...rest, items: items.map((one) => JSON.stringify(one)).toSorted() };
}

interface Said {
  readonly isDone: boolean;
  readonly said: string;
}

const BY: Readonly<Record<Surface, (place: Place, which: Case) => Promise<Said>>> = {
  async command(place, which) {
    const { args, input } = await which.command(place);
    const { code, stdout, stderr } = await runCommandHere(place.world, args, input);
    return { isDone: code === 0, said: stdout + stderr };
  },
  async api(place, which) {
    const { path, ...call } = await which.api(place);
    const { status, json } = await place.api(path, call);
    const errors = (json?.errors ?? []).map((one: { field: string; message: string }) => one.message);
    return { isDone: status < 300, said: [json?.detail, ...errors].join('\n') };
  },
  async page(place, which) {
    const page = await which.page(place);
    return { isDone: page.status < 300, said: wordsOf(page) };
  },
};

function read(text: string | undefined): unknown {
  return text === undefined ? null : JSON.parse(text);
}

/** Ids and instants are another in each world; where they stand is not. */
const OF_THIS_WORLD = /^(id|kid|version|token|at|.*_at|.*_from|since|alg_kid|logout_id|source)$/;

function named({ ids, world }: Place, value: unknown): unknown {
  const text = JSON.stringify(value, (name, one) => (OF_THIS_WORLD.test(name) && one !== null ? `<${name}>` : one));
  const known = [
    ...ids,
    ['issuer', world.issuer],
    ['wiki', world.apps.wiki.origin],
    ['sick', world.apps.sick.origin],
  ] as readonly [string, string][];
  const plain = known.reduce((all, [name, id]) => all.replaceAll(id, `<${name}>`), text ?? 'null');
  // Of a thing that was just made, an audit row names the id.
  return JSON.parse(plain.replaceAll(/"(token|registration-token|logout|key) [\w-]+"/g, '"$1 <id>"'));
}

async function aPlace(): Promise<Place> {
  const world = await startWorld({ apps: { wiki: {}, sick: { behaviour: '400' } } });
  const owner = await anOperator(world, 'owner', 'root');
  await world.apps.wiki.signIn(createBrowser(), { username: 'bob' });
  await refusedDelivery(world);
  const api = apiClient(world.issuer, await aTokenFor(world.store, owner.accountId, 'owner'));
  const ids = new Map([
    ['root', owner.accountId],
    ['bob', await world.accountId('bob')],
  ]);
  return { world, owner, api, ids };
}

/** Of an app that answers 400, about a session of alice. */
async function refusedDelivery(world: World<'wiki' | 'sick'>): Promise<void> {
  await world.apps.sick.signIn(createBrowser());
  const target = { kind: 'account', accountId: await world.accountId('alice') } as const;
  await world.server.endSessions(target, { reason: 'operator', actor: { kind: 'operator' } });
  await eventually(async () => {
    const [delivery] = await world.store.deliveries.list({ clientId: 'sick' }, { limit: 1 });
    return delivery?.state === 'refused';
  });
}
