import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { isSignedIn, refresh, signInSilently, signOff } from '../spec/scene.ts';
import { createBrowser } from '../support/browser.ts';
import { runCommand } from '../support/command.ts';
import { describeFlows, startWorld, type World } from '../support/product.ts';

const IDS = ['urn:app:1', 'https://app.example/', '123@project', '$set.a.$b', '%7e~\'"&<>?#', '.:/\\|*'] as const;

describeFlows('apps whose ids come from elsewhere (RFC 6749 A.1: any visible ASCII)', () => {
  let world: World<(typeof IDS)[number]>;

  beforeAll(async () => {
    world = await startWorld({
      apps: Object.fromEntries(IDS.map((id) => [id, {}])) as Record<(typeof IDS)[number], object>,
      settings: { SIGNOFF_LOGOUT_WAIT: '20s' },
    });
  });
  afterAll(() => world.stop());

  it('sign people in, all in one session, and are told of its end', async () => {
    const browser = createBrowser();
    const [first, ...others] = IDS.map((id) => world.apps[id]);
    if (!first) throw new Error('no app');
    const tokens = await first.signIn(browser);
    const all = [tokens.claims.sid];
    for (const app of others) all.push((await signInSilently(browser, app)).claims.sid);
    expect(await refresh(first, tokens)).toMatchObject({ status: 200 });

    const page = await signOff(browser, first, tokens);

    expect(page.location).toBe(first.postLogoutRedirectUri);
    await Promise.all(IDS.map((id, at) => world.apps[id].waitForSids([all[at] ?? ''])));
    expect(await isSignedIn(browser, first)).toBe(false);
  });

  it('are known to commands by the same ids', async () => {
    for (const id of ['urn:app:1', 'https://app.example/']) {
      const { code, stdout } = await runCommand(world, ['clients', 'show', id, '--json']);
      expect([code, JSON.parse(stdout)]).toMatchObject([0, { client_id: id }]);
      expect((await runCommand(world, ['clients', 'check', id])).code).toBe(0);
    }
  });
});
