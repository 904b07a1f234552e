import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FORM, introspect, opensUserinfo, refresh, signOff } from '../spec/scene.ts';
import { type Browser, createBrowser, send } from '../support/browser.ts';
import { startWorld, type World } from '../support/product.ts';
import type { Tokens } from '../support/relying-party.ts';

describe('an app whose client file disappears while people are signed in', () => {
  let world: World<'wiki' | 'mail'>;
  let browser: Browser;
  let inWiki: Tokens;

  beforeEach(async () => {
    world = await startWorld({ apps: { wiki: {}, mail: {} }, settings: { SIGNOFF_LOGOUT_WAIT: '20s' } });
    browser = createBrowser();
    inWiki = await world.apps.wiki.signIn(browser);
  });
  afterEach(() => world.stop());

  it('unmounted-client-files: what is signed in goes on: refresh, userinfo, introspection, revocation', async () => {
    const { wiki } = world.apps;
    await unmount();

    const refreshed = await refresh(wiki, inWiki);

    expect(refreshed).toMatchObject({ status: 200, json: { id_token: expect.any(String) } });
    expect(await opensUserinfo(world, inWiki)).toBe(true);
    expect(await introspect(world, wiki, inWiki.accessToken)).toMatchObject({ active: true, client_id: 'wiki' });
    const authorization = `Basic ${Buffer.from(`wiki:${wiki.secret}`).toString('base64')}`;
    const token = new URLSearchParams({ token: inWiki.accessToken }).toString();
    const revoked = await send('POST', new URL(`${world.issuer}/token/revocation`), { ...FORM, authorization }, token);
    expect(revoked.status).toBe(200);
    expect(await opensUserinfo(world, inWiki)).toBe(false);
  });

  it('unmounted-client-files: no new sign-in, with a session or on a page that was open already', async () => {
    const { wiki } = world.apps;
    const other = createBrowser();
    const open = await other.get(wiki.authorizationUrl());
    await unmount();

    const again = await browser.get(wiki.authorizationUrl(), { stopAt: wiki.origin });
    const sent = await other.submit(open, { username: 'alice', password: world.password }, { stopAt: wiki.origin });
    const pushed = await push();

    expect([again.status, again.location]).toEqual([400, undefined]);
    expect([sent.status >= 400, sent.location]).toEqual([true, undefined]);
    expect(pushed).toMatchObject({ status: 401 });
  });

  it('unmounted-client-files: it is still told at its last known address, and its people come back to it', async () => {
    const { wiki } = world.apps;
    await unmount();

    const page = await signOff(browser, wiki, inWiki);

    expect(page.location).toBe(wiki.postLogoutRedirectUri);
    await wiki.waitForSids([inWiki.claims.sid]);
  });

  async function unmount(): Promise<void> {
    await rm(join(world.config.clients, 'wiki.yaml'));
    await world.server.reloadClients();
    expect(world.logged).toContainEqual(expect.objectContaining({ event: 'client.missing', client_id: 'wiki' }));
  }

  function push() {
    const { wiki } = world.apps;
    const authorization = `Basic ${Buffer.from(`wiki:${wiki.secret}`).toString('base64')}`;
    const request = new URL(wiki.authorizationUrl()).search.slice(1);
    return send('POST', new URL(`${world.issuer}/request`), { ...FORM, authorization }, request);
  }
});
