/**
 * The receiving kit against the provider's own tokens (Back-Channel Logout 1.0 §2.6 to §2.8). Its rules one by one, with
 * tokens that are wrong in one way each: `test/rp/`.
 */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createRemoteJWKSet } from 'jose';
import { createLogoutHandler, createReplayGuard, createSidIndex, verifyLogoutToken } from '../../src/rp/rp.ts';
import { createBrowser } from '../support/browser.ts';
import { startWorld, type World } from '../support/product.ts';
import type { Tokens } from '../support/relying-party.ts';
import { changeFile, deliveriesTo, eventually, FORM, signOff, tokenThrough } from './scene.ts';

describe.each(['RS256', 'ES256', 'PS256', 'EdDSA'])('an app built on the kit, ID tokens %s', (algorithm) => {
  let world: World<'kit' | 'wiki'>;
  let server: Server;
  let address: string;
  const sessions = new Map<string, Tokens>();
  const index = createSidIndex();
  /** Every logout token that was posted, good or not. */
  const arrived: string[] = [];
  let endSession = (id: string) => void sessions.delete(id);

  beforeAll(async () => {
    world = await startWorld({ apps: { kit: { file: { id_token_signed_response_alg: algorithm } }, wiki: {} } });
    const rules = {
      issuer: world.issuer,
      clientId: 'kit',
      keys: createRemoteJWKSet(new URL(`${world.issuer}/jwks`)),
      algorithm,
      replayGuard: createReplayGuard(),
    };
    const handler = createLogoutHandler({
      verify: (token) => {
        arrived.push(token);
        return verifyLogoutToken(token, rules);
      },
      index,
      endSession: (id) => endSession(id),
    });
    server = createServer((request, response) => void handler(request, response)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/backchannel-logout`;
    await changeFile(world, 'kit', { backchannel_logout_uri: address });
  });
  afterEach(() => {
    endSession = (id) => void sessions.delete(id);
  });
  afterAll(async () => {
    server.closeAllConnections();
    server.close();
    await world.stop();
  });

  /** Signs in at the app, which starts a session of its own. */
  async function signIn(id: string, username = 'alice') {
    const browser = createBrowser();
    const tokens = await world.apps.kit.signIn(browser, { username });
    const { sid, sub, iat = 0 } = tokens.claims;
    sessions.set(id, tokens);
    expect(index.add({ id, sid, sub, issuedAt: iat * 1000, expiresAt: undefined })).toBe('added');
    return { browser, tokens };
  }

  const post = (token: string) =>
    fetch(address, { method: 'POST', headers: FORM, body: new URLSearchParams({ logout_token: token }) });

  const newestDelivery = async () => (await deliveriesTo(world, world.apps.kit))[0];

  it('R3, R4, R5, R6 takes the provider’s tokens; R14 ends that session and no other of the same person', async () => {
    const laptop = await signIn('laptop');
    await signIn('phone');

    await signOff(laptop.browser, world.apps.kit, laptop.tokens);

    await eventually(async () => (await newestDelivery())?.state === 'told');
    expect([...sessions.keys()]).toEqual(['phone']);
    expect(await newestDelivery()).toMatchObject({ attempts: 1, lastStatus: 200 });
  });

  it('R12 a session that is over at the app already is success', async () => {
    const { browser, tokens } = await signIn('gone');
    sessions.delete('gone');
    index.remove('gone');

    await signOff(browser, world.apps.kit, tokens);

    await eventually(async () => (await newestDelivery())?.state === 'told');
    expect(await newestDelivery()).toMatchObject({ attempts: 1, lastStatus: 200 });
  });

  it('R8, R12 when the app fails the provider tries again with a token that is no replay', async () => {
    const { browser, tokens } = await signIn('stubborn');
    let failures = 0;
    endSession = (id) => {
      if (failures++ === 0) throw new Error('the session store is down');
      sessions.delete(id);
    };

    await signOff(browser, world.apps.kit, tokens);

    await eventually(async () => (await newestDelivery())?.state === 'told');
    expect(sessions.has('stubborn')).toBe(false);
    expect(await newestDelivery()).toMatchObject({ attempts: 2, lastStatus: 200 });
  });

  it('R4, R6, R7, R8 refuses the provider’s other tokens, R13 and nobody may cache either answer', async () => {
    const { browser, tokens } = await signIn('attacked');
    const other = createBrowser();
    const inWiki = await world.apps.wiki.signIn(other);
    const forWiki = await tokenThrough(world.apps.wiki, () => signOff(other, world.apps.wiki, inWiki));

    const answers = [
      await post(tokens.idToken),
      await post(tokens.accessToken),
      await post(forWiki.raw),
      await post(''),
    ];
    expect(sessions.has('attacked')).toBe(true);
    await signOff(browser, world.apps.kit, tokens);
    await eventually(() => !sessions.has('attacked'));
    expect(answers.map(({ status }) => status)).toEqual([400, 400, 400, 400]);
    for (const answer of answers) {
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(await answer.json()).toMatchObject({ error: expect.any(String) });
    }
  });

  it('R8 answers 200 to a token that it has acted on, and ends nothing with it any more', async () => {
    const { browser, tokens } = await signIn('used');
    await signOff(browser, world.apps.kit, tokens);
    await eventually(() => !sessions.has('used'));
    const { sid, sub } = tokens.claims;
    sessions.set('used', tokens);
    index.add({ id: 'used', sid, sub, issuedAt: Date.now() + 60_000, expiresAt: undefined });

    const again = await post(arrived.at(-1) ?? '');

    expect([again.status, again.headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(sessions.delete('used')).toBe(true);
  });
});
