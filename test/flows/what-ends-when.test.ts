/**
 * `docs/what-ends-when.md` is true: every cell of its first table is checked against the running product. A row is a
 * scene (two devices, two apps, tokens that live with the session and tokens meant to outlive it) and something that ends.
 */
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createPasswords } from '../../src/accounts/password.ts';
import type { AccountChange } from '../../src/logout/logout.ts';
import { addTotp } from '../support/authenticator-app.ts';
import { type Browser, createBrowser } from '../support/browser.ts';
import { linkTo } from '../support/mails.ts';
import { backToNow, DAY, letPass } from '../support/moving-time.ts';
import { addAccount, startWorld, type World } from '../support/product.ts';
import type { RelyingParty, Tokens } from '../support/relying-party.ts';

type Apps = 'app' | 'other';

/** One app in one browser: its sign-in, and both kinds of refresh token. */
interface SignedIn {
  readonly rp: RelyingParty;
  readonly bound: Tokens;
  readonly offline: Tokens;
}

interface Scene {
  readonly world: World<Apps>;
  readonly username: string;
  readonly accountId: string;
  readonly here: Browser;
  readonly elsewhere: Browser;
  readonly uids: { readonly here: string; readonly elsewhere: string };
  readonly places: Readonly<Record<Place, SignedIn>>;
}

const PLACES = ['the app here', 'other apps here', 'the app elsewhere', 'other apps elsewhere'] as const;
type Place = (typeof PLACES)[number];

const EVERY_SCOPE = ['app-here', 'all-here', 'app-everywhere', 'all-everywhere'];
const SETTINGS = { SIGNOFF_SESSION_IDLE: '10d', SIGNOFF_SESSION_MAX: '14d', SIGNOFF_SWEEP: '1h' };

const [HEAD = [], ...ROWS] = readTable();

function startScenes(settings = {}): Promise<World<Apps>> {
  const file = { rotate_refresh_tokens: true, logout: { ask: 'never', allowed_scopes: EVERY_SCOPE } };
  return startWorld({ apps: { app: { file }, other: { file } }, settings: { ...SETTINGS, ...settings } });
}

let world: World<Apps>;
let people = 0;

beforeAll(async () => {
  world = await startScenes();
});
afterAll(() => world.stop());
afterEach(backToNow);

describe('the table names every way a session ends that this test knows', () => {
  it('and no other', () => {
    expect(ROWS.map(([what]) => what)).toEqual(Object.keys(HAPPENINGS));
  });
});

describe.each(ROWS)('%s', (what = '', ...cells) => {
  it('ends what its row says, and nothing else', async () => {
    const happening = HAPPENINGS[what];
    if (!happening) throw new Error(`nobody knows how "${what}" happens`);
    const seen = happening.inAWorldOfItsOwn ? await lookInAnotherWorld(happening) : await look(world, happening);
    expect(Object.fromEntries(HEAD.slice(1).map((title) => [title, seen[title]]))).toEqual(
      Object.fromEntries(HEAD.slice(1).map((title, index) => [title, cells[index]])),
    );
  });
});

// ---------------------------------------------------------------- what may happen

interface Happening {
  /** On the way to the scene: what passes between the two devices' sign-ins. */
  readonly between?: (scene: Pick<Scene, 'here'>) => Promise<void>;
  readonly happen: (scene: Scene) => Promise<unknown>;
  /** Settings over those of the other scenes. */
  readonly inAWorldOfItsOwn?: Readonly<Record<string, string>>;
}

const HAPPENINGS: Readonly<Record<string, Happening>> = {
  '`app-here`': { happen: signOff('app-here') },
  '`all-here`': { happen: signOff('all-here') },
  '`app-everywhere`': { happen: signOff('app-everywhere') },
  '`all-everywhere`': { happen: signOff('all-everywhere') },
  'a yes to the page, in a browser without a session': {
    async happen({ places }) {
      const { rp, bound } = places['the app here'];
      const browser = createBrowser();
      const page = await browser.get(rp.endSessionUrl({ id_token_hint: bound.idToken }));
      expect((await browser.submit(page, { decision: 'sign-out' })).status).toBe(200);
    },
  },
  'idle too long': {
    async happen(scene) {
      letPass(6 * DAY);
      await use(scene.elsewhere);
      letPass(5 * DAY);
      await scene.world.server.sweep();
    },
  },
  'too old': {
    async between({ here }) {
      letPass(7 * DAY);
      await use(here);
    },
    async happen(scene) {
      letPass(7.5 * DAY);
      await scene.world.server.sweep();
    },
  },
  'somebody else signs in here': {
    happen: async ({ here, world: { apps } }) =>
      apps.other.signIn(here, { username: 'bob', parameters: { prompt: 'login' } }),
  },
  'password set by an operator': {
    happen: async (scene) =>
      endAccount(scene, 'password-changed', { passwordHash: await createPasswords().hash('a new password') }),
  },
  'second factors reset by an operator': {
    happen: (scene) => endAccount(scene, 'factor-changed', { removeCredentials: 'all' }),
  },
  'account disabled': { happen: (scene) => endAccount(scene, 'account-disabled', { state: 'disabled' }) },
  'account deleted': { happen: (scene) => endAccount(scene, 'account-deleted', { state: 'deleted' }) },
  'session ended by an operator': {
    happen: ({ world: { server }, uids }) =>
      server.endSessions({ kind: 'session', uid: uids.here }, { reason: 'operator', actor: { kind: 'operator' } }),
  },
  'signed out here from another device': {
    happen: ({ elsewhere, uids }) => onDevices(elsewhere, { what: 'session', session: uids.here }),
  },
  'all other devices signed out': {
    happen: ({ here }) => onDevices(here, { what: 'others', confirm: 'yes' }),
  },
  'more sessions than allowed': {
    inAWorldOfItsOwn: { SIGNOFF_SESSIONS_PER_ACCOUNT: '2' },
    happen: ({ places, username }) => places['the app here'].rp.signIn(createBrowser('a third'), { username }),
  },
  'app removed by an operator': {
    inAWorldOfItsOwn: {},
    happen: ({ world: { server } }) =>
      server.endSessions(
        { kind: 'client', clientId: 'app' },
        { reason: 'client-removed', actor: { kind: 'operator' } },
      ),
  },
  'consent withdrawn': {
    async happen({ here, world: { issuer } }) {
      const page = await here.get(`${issuer}/account/apps`);
      const form = page.forms.find(({ fields }) => fields['client_id'] === 'app');
      await here.post(`${issuer}/account/apps/end`, form?.fields ?? {});
    },
  },
  '"That wasn\'t me"': {
    async happen({ here, world: { issuer } }) {
      await here.submit(await here.get(`${issuer}/not-me`), {}, { action: '/not-me' });
    },
  },
  '"That wasn\'t me", from a mail': {
    async happen({ username, world: inWorld }) {
      const browser = createBrowser();
      await browser.submit(await browser.get(await linkTo(inWorld, `${username}@example.test`, 'not-me')));
    },
  },
  'password changed by its owner here': { happen: (scene) => changePassword(scene, 'end') },
  'the same, others kept': { happen: (scene) => changePassword(scene, 'keep') },
  'second factor taken away here, others signed out': {
    async happen({ here, accountId, world: inWorld }) {
      await addTotp(here, inWorld.issuer);
      const [credential] = (await inWorld.store.credentials.ofAccount(accountId)).list;
      const page = await here.get(`${inWorld.issuer}/account/factors`);
      const fields = { id: credential?.id ?? '', decision: 'remove', others: 'end' };
      await here.submit(page, fields, { action: '/remove' });
    },
  },
  'second factor added here, others left alone': {
    happen: ({ here, world: { issuer } }) => addTotp(here, issuer),
  },
  'new password by a mailed link': {
    async happen({ username, world: inWorld }) {
      const browser = createBrowser();
      await browser.submit(await browser.get(`${inWorld.issuer}/forgot`), { username });
      const page = await browser.get(await linkTo(inWorld, `${username}@example.test`, 'reset'));
      await browser.submit(page, { password: NEW_PASSWORD });
    },
  },
  'refresh token used twice': {
    async happen({ places }) {
      const { rp, bound } = places['the app here'];
      const used = bound.refreshToken ?? '';
      expect((await refresh(rp, used)).status).toBe(200);
      // Within ten seconds it is taken for a lost answer.
      letPass(11_000);
      expect((await refresh(rp, used)).json).toMatchObject({ error: 'invalid_grant' });
    },
  },
};

function signOff(scope: string): Happening['happen'] {
  return async ({ here, places }) => {
    const { rp, bound } = places['the app here'];
    const page = await here.get(rp.endSessionUrl({ id_token_hint: bound.idToken, logout_scope: scope }));
    expect(page.status).toBe(200);
  };
}

async function onDevices(browser: Browser, fields: Readonly<Record<string, string>>): Promise<void> {
  const page = await browser.get(`${world.issuer}/devices`);
  const answer = await browser.submit(page, fields, { action: '/devices/end' });
  expect(new URL(answer.url).pathname).toMatch(/^\/logout\//);
}

function endAccount(
  { world: { server }, accountId }: Scene,
  reason: 'password-changed' | 'factor-changed' | 'account-disabled' | 'account-deleted',
  accountChange: AccountChange,
) {
  return server.endSessions({ kind: 'account', accountId }, { reason, actor: { kind: 'operator' }, accountChange });
}

/** Any request of the browser's own counts as use. */
async function use(browser: Browser): Promise<void> {
  await browser.get(world.apps.other.authorizationUrl({ prompt: 'none' }), { follow: false });
}

// ---------------------------------------------------------------- the scene, before and after

async function lookInAnotherWorld(happening: Happening): Promise<Record<string, string>> {
  const own = await startScenes(happening.inAWorldOfItsOwn);
  try {
    return await look(own, happening);
  } finally {
    await own.stop();
  }
}

async function look(inWorld: World<Apps>, happening: Happening): Promise<Record<string, string>> {
  const scene = await setScene(inWorld, happening);
  const before = await inWorld.store.sessions.generation(scene.accountId);
  await happening.happen(scene);
  const after = await inWorld.store.sessions.generation(scene.accountId);
  const { sessions } = inWorld.store;
  const ended = async (uid: string) => (await sessions.get(uid))?.session.state === 'ended';
  return {
    'session here': (await ended(scene.uids.here)) ? 'ended' : 'lives',
    'sessions elsewhere': (await ended(scene.uids.elsewhere)) ? 'ended' : 'live',
    ...Object.fromEntries(await Promise.all(PLACES.map(async (place) => [place, await fate(scene.places[place])]))),
    ...(await fateOfOffline(scene.places)),
    generation: after.account > before.account ? 'raised' : 'same',
  };
}

const NEW_PASSWORD = 'eleven quiet lamps by the sea';

async function changePassword({ here, world: { issuer, password } }: Scene, others: string): Promise<void> {
  const page = await here.get(`${issuer}/account/password`);
  await here.submit(page, { current: password, password: NEW_PASSWORD, others });
}

async function setScene(inWorld: World<Apps>, happening: Happening): Promise<Scene> {
  people += 1;
  const username = `mira-${people}`;
  const accountId = await addAccount(inWorld.store, username);
  const here = createBrowser();
  const elsewhere = createBrowser('Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1');
  const { app, other } = inWorld.apps;
  const first = {
    'the app here': await signIn(app, here, username),
    'other apps here': await signIn(other, here, username),
  };
  await happening.between?.({ here });
  const places = {
    ...first,
    'the app elsewhere': await signIn(app, elsewhere, username),
    'other apps elsewhere': await signIn(other, elsewhere, username),
  };
  const uids = {
    here: await uidOf(inWorld, places['the app here']),
    elsewhere: await uidOf(inWorld, places['the app elsewhere']),
  };
  return { world: inWorld, username, accountId, here, elsewhere, uids, places };
}

async function signIn(rp: RelyingParty, browser: Browser, username: string): Promise<SignedIn> {
  const bound = await rp.signIn(browser, { username });
  const offline = await rp.signIn(browser, { username, parameters: { scope: 'openid offline_access' } });
  return { rp, bound, offline };
}

async function uidOf(inWorld: World<Apps>, { bound }: SignedIn): Promise<string> {
  const participation = await inWorld.store.sessions.participation(bound.claims.sid);
  return participation?.sessionUid ?? '';
}

/** `told`: a logout token for its `sid` arrived and its tokens are dead; `in`: neither. Anything between is a fault. */
async function fate({ rp, bound }: SignedIn): Promise<string> {
  const { status, json } = await refresh(rp, bound.refreshToken ?? '');
  const lives = status === 200;
  if (!lives) await tokenFor(rp, bound.claims.sid);
  const told = rp.received.some(({ claims }) => claims.sid === bound.claims.sid);
  const works = (await userinfo(rp, lives ? String(json['access_token']) : bound.accessToken)) === 200;
  if (lives !== works) return `refresh ${lives}, userinfo ${works}`;
  if (told === lives) return `told ${told}, but refresh ${lives}`;
  return told ? 'told' : 'in';
}

async function tokenFor(rp: RelyingParty, sid: string): Promise<void> {
  for (let count = rp.received.length; !rp.received.some(({ claims }) => claims.sid === sid); count++) {
    await rp.waitForTokens(count + 1, 3000);
  }
}

async function fateOfOffline(places: Scene['places']): Promise<Record<string, string>> {
  const kept = async ({ rp, offline }: SignedIn) => (await refresh(rp, offline.refreshToken ?? '')).status === 200;
  const app = await kept(places['the app elsewhere']);
  const other = await kept(places['other apps elsewhere']);
  return {
    'offline: the app here': (await kept(places['the app here'])) ? 'kept' : 'revoked',
    'offline: other apps here': (await kept(places['other apps here'])) ? 'kept' : 'revoked',
    'offline: elsewhere': app && other ? 'kept' : app === other ? 'revoked' : app ? '?' : 'revoked: the app',
  };
}

function refresh(rp: RelyingParty, token: string) {
  return rp.token({ grant_type: 'refresh_token', refresh_token: token });
}

async function userinfo(rp: RelyingParty, accessToken: string): Promise<number> {
  const issuer = new URL(rp.authorizationUrl()).origin;
  return (await fetch(`${issuer}/me`, { headers: { authorization: `Bearer ${accessToken}` } })).status;
}

/** The cells of the first table of the page; the head first. */
function readTable(): readonly (readonly string[])[] {
  const page = readFileSync(new URL('../../docs/what-ends-when.md', import.meta.url), 'utf8');
  const [table = ''] = /(?:^\|.*\n)+/m.exec(page) ?? [];
  const lines = table.trim().split('\n');
  const rows = lines.filter((_line, index) => index !== 1);
  return rows.map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}
