import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { DAY, newAccount, signIn } from '../support/builders.ts';
import { describeFlows, startWorld, type World } from '../support/product.ts';

const MANY = 200;

describeFlows('many sessions that fall due at once', () => {
  let world: World<'wiki'>;
  beforeEach(async () => {
    const file = { backchannel_logout_uri: undefined, backchannel_logout_session_required: undefined };
    world = await startWorld({ apps: { wiki: { file } }, settings: { SIGNOFF_SWEEP: '1h' } });
  });
  afterEach(() => world.stop());

  it('end while requests are answered in between', async () => {
    const { id: accountId } = await newAccount(world.store);
    for (let n = 0; n < MANY; n += 1) await signIn(world.store, { accountId, at: Date.now() - 30 * DAY });
    let ended: number | undefined;
    const sweep = world.server.sweep().then((count) => {
      ended = count;
    });
    let answered = 0;
    while (ended === undefined) {
      const answer = await fetch(`${world.issuer}/.well-known/openid-configuration`);
      await answer.arrayBuffer();
      if (ended === undefined) answered += 1;
    }
    await sweep;
    expect(ended).toBe(MANY);
    expect(answered).toBeGreaterThan(5);
  }, 60_000);
});
