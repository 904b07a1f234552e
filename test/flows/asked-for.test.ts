import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { settledAt } from '../spec/scene.ts';
import { createBrowser } from '../support/browser.ts';
import { backToNow, HOUR, letPass } from '../support/moving-time.ts';
import { describeFlows, startWorld, type World } from '../support/product.ts';

describeFlows('an app that says which ends it wants to hear of', () => {
  let world: World<'picky' | 'wiki'>;

  beforeAll(async () => {
    const file = { logout: { on: ['user', 'app', 'idle'] } };
    const settings = { SIGNOFF_SESSIONS_PER_ACCOUNT: '2', SIGNOFF_SWEEP: '1h' };
    world = await startWorld({ apps: { picky: { file }, wiki: {} }, settings });
  });
  afterEach(() => backToNow());
  afterAll(() => world.stop());

  const sidsAt = (app: 'picky' | 'wiki') => world.apps[app].received.map(({ claims }) => String(claims.sid));

  async function aDevice() {
    const browser = createBrowser();
    const { picky, wiki } = world.apps;
    const [one, other] = [await picky.signIn(browser), await wiki.signIn(browser)];
    return { browser, picky: String(one.claims.sid), wiki: String(other.claims.sid) };
  }

  it('hears of those, and the receipt says of others that it was not asked for', async () => {
    const oldest = await aDevice();
    await aDevice();
    const here = await aDevice();
    await world.apps.wiki.waitForSids([oldest.wiki]);
    await settledAt(world, world.apps.wiki);

    const answer = await here.browser.get(`${world.issuer}/devices`, { headers: { accept: 'application/json' } });
    const { sessions } = JSON.parse(answer.body) as { sessions: Session[] };
    const ended = sessions.find((one) => one.state === 'ended');
    const receipt = await here.browser.get(`${world.issuer}${ended?.ended?.receipt}`, {
      headers: { accept: 'application/json' },
    });

    expect(sessions.map(({ state }) => state)).toEqual(['live', 'live', 'ended']);
    expect(ended?.ended).toMatchObject({ reason: 'too-many', actor: 'system' });
    expect(states(ended?.apps)).toEqual({ picky: 'not_asked_for', wiki: 'told' });
    expect(states((JSON.parse(receipt.body) as Session).apps)).toEqual({ picky: 'not_asked_for', wiki: 'told' });
    expect(JSON.parse(receipt.body)).toMatchObject({ state: 'settled', counts: { told: 1, not_asked_for: 1 } });
    expect(sidsAt('picky')).not.toContain(oldest.picky);
  });

  it('judges each session by its own reason where several fall due at once', async () => {
    const { picky, wiki } = await aDevice();
    letPass(13 * HOUR);
    await world.server.sweep();

    await world.apps.wiki.waitForSids([wiki]);
    await world.apps.picky.waitForSids([picky]);
  });

  it('is told of an account’s end by its reason, also in the part that is walked', async () => {
    const { picky, wiki } = await aDevice();
    const accountId = await world.accountId('alice');
    const actor = { kind: 'operator' } as const;
    await world.server.endSessions({ kind: 'account', accountId }, { reason: 'operator', actor });

    await world.apps.wiki.waitForSids([wiki]);
    expect(sidsAt('picky')).not.toContain(picky);
  });
});

interface Session {
  readonly state: string;
  readonly ended: { readonly receipt: string } | null;
  readonly apps: readonly { readonly client_id: string; readonly state: string }[];
}

function states(apps: Session['apps'] = []): Record<string, string> {
  return Object.fromEntries(apps.map((app) => [app.client_id, app.state]));
}
