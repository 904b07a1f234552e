import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { signOff } from '../spec/scene.ts';
import { createBrowser } from '../support/browser.ts';
import { startWorld, type World } from '../support/product.ts';

describe('A7 one session, apps with different algorithms', () => {
  let world: World<'es' | 'rs' | 'es2'>;

  beforeAll(async () => {
    world = await startWorld({
      apps: {
        es: { file: { id_token_signed_response_alg: 'ES256' } },
        rs: { file: { id_token_signed_response_alg: 'RS256' } },
        es2: { file: { id_token_signed_response_alg: 'ES256' } },
      },
    });
  });
  afterAll(() => world.stop());

  it.each([
    [['es', 'rs', 'es2']],
    [['es2', 'es', 'rs']],
  ] as const)('A7 keycloak-40984: each logout token is signed with its own client’s algorithm and verifies (%j)', async (order) => {
    const browser = createBrowser();
    const before = order.map((name) => world.apps[name].received.length);
    const tokens = [];
    for (const name of order) tokens.push(await world.apps[name].signIn(browser));
    const [first] = tokens;
    if (first === undefined) throw new Error('not signed in');

    await signOff(browser, world.apps[order[0]], first);

    for (const [index, name] of order.entries()) {
      const app = world.apps[name];
      // The app counts only what it has verified with the published keys.
      await app.waitForTokens((before[index] ?? 0) + 1);
      expect(app.bad).toEqual([]);
      expect(app.received.at(-1)?.header.alg).toBe(name === 'rs' ? 'RS256' : 'ES256');
    }
  });
});
