/** Who sets up an app and sees "this request is not right" finds in the log what was sent, and what the file wants. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createBrowser } from '../support/browser.ts';
import { describeFlows, startWorld, type World } from '../support/product.ts';

describeFlows('a refused request leaves a line', () => {
  let world: World<'wiki'>;

  beforeAll(async () => {
    world = await startWorld({ apps: { wiki: {} } });
  });
  afterAll(() => world.stop());

  /** The lines that this leaves; the log holds one a second of each kind, so each test makes a kind of its own. */
  async function linesOf(event: string, act: () => Promise<unknown>) {
    const from = world.logged.length;
    await act();
    return world.logged.slice(from).filter((line) => line.event === event);
  }

  describe('sign-out', () => {
    it('with the address asked for and the registered one, both without their queries', async () => {
      const { wiki } = world.apps;
      const uri = `${wiki.origin}/goodbye?token=secret#part`;
      const url = wiki.endSessionUrl({ client_id: 'wiki', post_logout_redirect_uri: uri });

      const lines = await linesOf('logout.request_refused', () => createBrowser().get(url));

      expect(lines).toEqual([
        expect.objectContaining({
          level: 'info',
          client_id: 'wiki',
          reason: 'unregistered_redirect_uri',
          asked_uri: `${wiki.origin}/goodbye`,
          registered_uri: `${wiki.origin}/bye`,
        }),
      ]);
      expect(JSON.stringify(world.logged)).not.toContain('token=secret');
    });

    it('of an app that is not there, with the id that it sent', async () => {
      const url = world.apps.wiki.endSessionUrl({ client_id: `wikki${'i'.repeat(500)}` });

      const [line] = await linesOf('logout.request_refused', () => createBrowser().get(url));

      expect(line).toMatchObject({ reason: 'unknown_client', client_id: expect.stringMatching(/^wikki{96}$/) });
    });
  });

  describe('sign-in', () => {
    it('with the address asked for and the registered one, both without their queries', async () => {
      const { wiki } = world.apps;
      const url = wiki.authorizationUrl({
        redirect_uri: `http://somebody@${new URL(wiki.origin).host}/cb?code=secret`,
      });

      const lines = await linesOf('sign_in.request_refused', () => createBrowser().get(url));

      expect(lines).toEqual([
        expect.objectContaining({
          client_id: 'wiki',
          reason: 'invalid_redirect_uri',
          asked_uri: `${wiki.origin}/cb`,
          registered_uri: wiki.redirectUri,
        }),
      ]);
    });
  });
});
