import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createPasswords } from '../../src/accounts/password.ts';
import { type Browser, createBrowser, type Page } from '../support/browser.ts';
import { linkTo } from '../support/mails.ts';
import { backToNow, HOUR, letPass } from '../support/moving-time.ts';
import { addAccount, describeFlows, startWorld, type World } from '../support/product.ts';
import { PASSWORD } from '../support/relying-party.ts';

const APPS = ['wiki', 'mail'] as const;
const ENDS = ['this', 'other', 'app', 'app-everywhere', 'others', 'everywhere'] as const;

type Step =
  | {
      readonly kind: 'sign-in';
      readonly browser: number;
      readonly app: number;
      readonly person: number;
      readonly again: boolean;
    }
  | { readonly kind: 'end'; readonly browser: number; readonly app: number; readonly what: (typeof ENDS)[number] }
  | { readonly kind: 'rename'; readonly browser: number }
  | { readonly kind: 'password'; readonly person: number }
  | { readonly kind: 'own-password'; readonly browser: number; readonly others: 'end' | 'keep' }
  | { readonly kind: 'reset'; readonly person: number }
  | { readonly kind: 'expire' }
  | { readonly kind: 'restart' };

const index = (max: number) => fc.integer({ min: 0, max });

const signIn = fc.record({
  kind: fc.constant('sign-in' as const),
  browser: index(2),
  app: index(APPS.length - 1),
  person: index(1),
  again: fc.boolean(),
});

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: signIn },
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant('end' as const),
        browser: index(2),
        app: index(APPS.length - 1),
        what: fc.constantFrom(...ENDS),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('rename' as const), browser: index(2) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('password' as const), person: index(1) }) },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('own-password' as const),
        browser: index(2),
        others: fc.constantFrom('end' as const, 'keep' as const),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('reset' as const), person: index(1) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('expire' as const) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
  ),
  { minLength: 4, maxLength: 14 },
);

/** One app sign-in that was made, by its `sid`. */
interface Made {
  readonly sid: string;
  readonly app: (typeof APPS)[number];
  readonly accountId: string;
}

interface Row {
  readonly id: string;
  readonly current: boolean;
  readonly state: string;
}

const LONG_MS = 240_000;

describeFlows('whatever people do, in whatever order', () => {
  let world: World<(typeof APPS)[number]>;
  let hash: string;
  let crowd = 0;

  beforeAll(async () => {
    world = await startWorld({
      apps: { wiki: {}, mail: {} },
      settings: { SIGNOFF_STEP_UP: '30d', SIGNOFF_SWEEP: '1h' },
    });
    hash = await createPasswords().hash(PASSWORD);
  });
  afterEach(() => backToNow());
  afterAll(() => world.stop());

  /** A run: people and browsers of its own, in the one world. */
  async function play(given: readonly Step[]): Promise<void> {
    crowd += 1;
    const people = [`one-${crowd}`, `two-${crowd}`];
    const ids = await Promise.all(people.map((name) => addAccount(world.store, name)));
    const browsers = [createBrowser(), createBrowser('a phone'), createBrowser('a tablet')];
    const made: Made[] = [];
    const passwords = new Map(people.map((name) => [name, PASSWORD]));

    async function take(step: Step): Promise<void> {
      switch (step.kind) {
        case 'sign-in': {
          const app = APPS[step.app] ?? 'wiki';
          const parameters = step.again ? { prompt: 'login' } : {};
          const name = people[step.person] ?? '';
          const given = { username: name, password: passwords.get(name) ?? '', parameters };
          const { claims } = await world.apps[app].signIn(at(browsers, step.browser), given);
          const known = made.some(({ sid }) => sid === claims.sid);
          if (!known) made.push({ sid: String(claims.sid), app, accountId: String(claims.sub) });
          return;
        }
        case 'end':
          return end(at(browsers, step.browser), step.what, APPS[step.app] ?? 'wiki');
        case 'rename': {
          const browser = at(browsers, step.browser);
          const page = await browser.get(`${world.issuer}/devices`);
          const own = (await rowsOf(browser))?.find(({ current }) => current)?.id;
          if (own) await browser.submit(page, { session: own, name: 'a name' }, { action: '/devices/name' });
          return;
        }
        case 'password': {
          const accountId = at(ids, step.person);
          passwords.set(at(people, step.person), PASSWORD);
          const cause = { reason: 'password-changed', actor: { kind: 'operator' } } as const;
          const target = { kind: 'account', accountId } as const;
          await world.server.endSessions(target, { ...cause, accountChange: { passwordHash: hash } });
          return;
        }
        case 'own-password':
          return change(at(browsers, step.browser), step.others);
        case 'reset':
          return reset(at(people, step.person));
        case 'expire':
          // A token on its way would be thirteen hours old when it arrives, and be refused.
          await settle(made);
          letPass(13 * HOUR);
          await world.server.sweep();
          return;
        case 'restart':
          return world.restart();
      }
    }

    /** On the page of one's own: this session goes on in any case. Strangers find a sign-in page there. */
    async function change(browser: Browser, others: 'end' | 'keep'): Promise<void> {
      const page = await browser.get(`${world.issuer}/account/password`);
      const name = people.find((one) => page.body.includes(`value="${one}"`));
      if (page.status !== 200 || name === undefined || !page.url.endsWith('/account/password')) return;
      const before = liveIds(await rowsOf(browser));
      const own = before.filter(({ current }) => current);
      const password = newPassword();
      await browser.submit(page, { current: passwords.get(name) ?? '', password, others });
      passwords.set(name, password);
      expect(liveIds(await rowsOf(browser))).toEqual(others === 'keep' ? before : own);
    }

    /** By the link of a mail, on a device of its own. No more than three an hour are sent. */
    async function reset(name: string): Promise<void> {
      const browser = createBrowser('a computer of the library');
      await browser.submit(await browser.get(`${world.issuer}/forgot`), { username: name });
      const link = await linkTo(world, `${name}@example.test`, 'reset');
      const page = await browser.get(link);
      if (page.status !== 200) return;
      const password = newPassword();
      await browser.submit(page, { password });
      passwords.set(name, password);
      const accountId = at(ids, people.indexOf(name));
      expect(await world.store.sessions.list({ accountId, state: 'live' }, { limit: 1 })).toEqual([]);
    }

    for (const step of given) await take(step);
    await settle(made);
  }

  function liveIds(rows: readonly Row[] | undefined): readonly Row[] {
    return (rows ?? [])
      .filter(({ state }) => state === 'live')
      .map(({ id, current, state }) => ({ id, current, state }));
  }

  function newPassword(): string {
    crowd += 1;
    return `a new password, number ${crowd}`;
  }

  /** What a person does on the devices page; strangers do nothing there. */
  async function end(browser: Browser, what: (typeof ENDS)[number], app: string): Promise<void> {
    const rows = await rowsOf(browser);
    if (rows === undefined) return;
    const live = rows.filter(({ state }) => state === 'live');
    const target = live.find(({ current }) => current === (what === 'this' || what === 'app'));
    if (target === undefined && (what === 'this' || what === 'other' || what === 'app')) return;
    const fields = { session: target?.id ?? '', client_id: app, what: FIELD[what] ?? what };
    const page = await browser.get(`${world.issuer}/devices`);
    const answer = await browser.submit(page, fields, { action: '/devices/end' });
    if (isAsking(answer)) await browser.submit(answer, {}, { action: '/devices/end' });
  }

  const isAsking = ({ forms }: Page) => forms.length === 1 && forms[0]?.fields['confirm'] === 'yes';

  async function rowsOf(browser: Browser): Promise<readonly Row[] | undefined> {
    const answer = await browser.get(`${world.issuer}/devices`, { headers: { accept: 'application/json' } });
    return answer.status === 200 ? (JSON.parse(answer.body) as { sessions: readonly Row[] }).sessions : undefined;
  }

  /** What lives at the provider lives at the apps, what is gone was told, once, and the activity says why. */
  async function settle(made: readonly Made[]): Promise<void> {
    const fates = await Promise.all(made.map(async (one) => ({ ...one, why: await whyGone(one) })));
    for (const app of APPS) {
      const own = fates.filter((one) => one.app === app);
      const gone = own.filter(({ why }) => why !== undefined).map(({ sid }) => sid);
      await world.apps[app].waitForSids(gone);
      const told = world.apps[app].received.map(({ claims }) => String(claims.sid));
      const alive = own.map(({ sid }) => sid).filter((sid) => !told.includes(sid));
      expect(new Set(alive)).toEqual(new Set(own.filter(({ why }) => why === undefined).map(({ sid }) => sid)));
    }
    for (const { why, accountId } of fates) {
      if (why === undefined) continue;
      const events = await world.store.activity.list(accountId, { kind: 'logout' }, 100);
      expect(events.map(({ logoutId, reason }) => [logoutId, reason])).toContainEqual([why.id, why.reason]);
    }
  }

  async function whyGone({ sid }: Made): Promise<{ id: string; reason: string } | undefined> {
    const participation = await world.store.sessions.participation(sid);
    if (participation?.logoutId === undefined) {
      expect(await world.store.sessions.findByUid(participation?.sessionUid ?? '')).toBeDefined();
      return undefined;
    }
    const logout = await world.store.logouts.find(participation.logoutId);
    return { id: participation.logoutId, reason: logout?.reason ?? 'nobody knows' };
  }

  it(
    'what lives at the provider lives at the apps, each that is gone was told, and the activity says why',
    async () => {
      await fc.assert(fc.asyncProperty(steps, play), { numRuns: RUNS, endOnFailure: true });
    },
    LONG_MS,
  );
});

/** A run is a second or two of real sockets and stores; the seed is new each time. */
const RUNS = Number(process.env['SIGNOFF_TEST_RUNS'] ?? 15);

const FIELD: Partial<Record<(typeof ENDS)[number], string>> = { this: 'session', other: 'session' };

function at<T>(list: readonly T[], place: number): T {
  const found = list[place];
  if (found === undefined) throw new Error(`there is no number ${place}`);
  return found;
}
