/** What the provider says of itself, and which apps it takes: Back-Channel Logout §2.1, §2.2; RP-Initiated Logout §2.1, §3.1. */
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createBrowser, send } from '../support/browser.ts';
import { startWorld, type World } from '../support/product.ts';
import { json, signOff, tokenThrough, tryToRegister } from './scene.ts';

const WEB = {
  client_secret: 'a secret of an app that is long enough',
  redirect_uris: ['https://app.example/callback'],
};
const PUBLIC = { token_endpoint_auth_method: 'none', redirect_uris: ['https://app.example/callback'] };
const NATIVE = { ...PUBLIC, application_type: 'native' };

describe('discovery', () => {
  let world: World<'wiki'>;
  let metadata: Record<string, unknown>;

  beforeAll(async () => {
    world = await startWorld({ apps: { wiki: {} }, settings: { SIGNOFF_ISSUER: 'https://id.example.test' } });
    const url = new URL(`http://127.0.0.1:${world.server.port}/.well-known/openid-configuration`);
    const answer = await send('GET', url, { host: 'id.example.test' });
    metadata = JSON.parse(answer.body) as Record<string, unknown>;
  });
  afterAll(() => world.stop());

  it('B1 says that back-channel logout is supported', () => {
    expect(metadata['backchannel_logout_supported']).toBe(true);
  });

  it('B2 says that logout tokens carry the sid', () => {
    expect(metadata['backchannel_logout_session_supported']).toBe(true);
  });

  it('I2 has an end_session_endpoint, and every endpoint is https', () => {
    const endpoints = Object.entries(metadata).filter(([name]) => name.endsWith('_endpoint') || name === 'jwks_uri');

    expect(metadata['end_session_endpoint']).toBe('https://id.example.test/session/end');
    expect(endpoints.length).toBeGreaterThan(4);
    for (const [, address] of endpoints) expect(address).toMatch(/^https:\/\/id\.example\.test\//);
  });
});

describe('registration', () => {
  let world: World<'wiki' | 'quiet'>;

  beforeAll(async () => {
    world = await startWorld({
      apps: { wiki: {}, quiet: { file: { backchannel_logout_uri: undefined } } },
      settings: { SIGNOFF_OUTBOUND_ALLOW: '127.0.0.0/8,intranet.example' },
    });
  });
  afterAll(() => world.stop());

  it.each([
    'https://app.example/told#here',
    'https://app.example/told#',
    '/told',
    'app.example/told',
    'mailto:told@app.example',
    'https://user:secret@app.example/told',
    'https://',
  ])('B4 a logout address is an absolute web address without fragment: not %s', async (uri) => {
    const wrong = await tryToRegister(world, 'b4', { ...WEB, backchannel_logout_uri: uri });

    expect(wrong).toMatchObject({ field: 'backchannel_logout_uri', message: expect.any(String) });
    expect((await createBrowser().get(`${world.issuer}/auth?client_id=b4&response_type=code`)).status).toBe(400);
  });

  it('B4 with a query it is fine', async () => {
    const uri = 'https://app.example/told?logout=backchannel';

    expect(await tryToRegister(world, 'b4-query', { ...WEB, backchannel_logout_uri: uri })).toBeUndefined();
  });

  it('B6 http only for confidential clients, and only where the operator allows it', async () => {
    const [open, listed] = ['http://app.example/told', 'http://intranet.example/told'];

    expect(await tryToRegister(world, 'b6', { ...WEB, backchannel_logout_uri: open })).toMatchObject({
      field: 'backchannel_logout_uri',
    });
    expect(await tryToRegister(world, 'b6-listed', { ...WEB, backchannel_logout_uri: listed })).toBeUndefined();
    expect(await tryToRegister(world, 'b6-public', { ...PUBLIC, backchannel_logout_uri: listed })).toMatchObject({
      field: 'backchannel_logout_uri',
    });
    const https = 'https://app.example/told';
    expect(await tryToRegister(world, 'b6-https', { ...PUBLIC, backchannel_logout_uri: https })).toBeUndefined();
  });

  it('B7 backchannel_logout_session_required is a boolean, false when not given', async () => {
    const asked = { ...WEB, backchannel_logout_session_required: 'yes' };

    expect(await tryToRegister(world, 'b7', asked)).toMatchObject({ field: 'backchannel_logout_session_required' });
    expect(await tryToRegister(world, 'b7-none', WEB)).toBeUndefined();
    const known = world.server.foundation.registry.get('b7-none');
    expect(known?.client.backchannel_logout_session_required).toBe(false);
  });

  it('B13 no client gets logout tokens without a signature', async () => {
    const wrong = await tryToRegister(world, 'b13', { ...WEB, id_token_signed_response_alg: 'none' });

    expect(wrong).toMatchObject({ field: 'id_token_signed_response_alg' });
    const { id_token_signing_alg_values_supported: algs } = await json(
      `${world.issuer}/.well-known/openid-configuration`,
    );
    expect(algs).toEqual(expect.arrayContaining(['RS256']));
    expect(algs).not.toContain('none');
  });

  it('B24 says which apps can be told and which cannot: in the handbook, at start, and to the person who leaves', async () => {
    const { wiki, quiet } = world.apps;
    const browser = createBrowser();
    const inWiki = await wiki.signIn(browser);
    await quiet.signIn(browser);

    const page = await browser.get(wiki.endSessionUrl({ client_id: 'wiki' }));
    await tokenThrough(wiki, () => signOff(browser, wiki, inWiki));

    expect(page.body).toMatch(/Quiet/);
    const line = world.logged.find(({ event }) => event === 'clients.loaded');
    expect(JSON.stringify(line)).toContain('quiet');
    const handbook = await readFile(new URL('../../docs/relying-parties.md', import.meta.url), 'utf8');
    expect(handbook).toMatch(/cannot be told/i);
  });

  it.each([
    ['a single address, not a list', WEB, 'https://app.example/bye'],
    ['http', WEB, ['http://app.example/bye']],
    ['http of a public client', PUBLIC, ['http://app.example/bye']],
    ['a fragment', WEB, ['https://app.example/bye#x']],
    ['a custom scheme of a web app', WEB, ['com.example.app:/bye']],
    ['a script', NATIVE, ['javascript:alert(1)']],
    ['a pattern', WEB, ['https://*.app.example/bye']],
    ['a relative address', WEB, ['/bye']],
  ])('I18 post_logout_redirect_uris: no %s', async (_, file, uris) => {
    const wrong = await tryToRegister(world, 'i18', { ...file, post_logout_redirect_uris: uris });

    expect(wrong?.field).toMatch(/^post_logout_redirect_uris/);
  });

  it.each([
    ['https', WEB, ['https://app.example/bye', 'https://app.example/bye?lang=de']],
    ['http where the operator allows it', WEB, ['http://intranet.example/bye']],
    ['a custom scheme of a native app', NATIVE, ['com.example.app:/bye']],
    ['loopback http of a native app', NATIVE, ['http://127.0.0.1/bye']],
  ])('I18 post_logout_redirect_uris: a list of %s', async (_, file, uris) => {
    expect(await tryToRegister(world, 'i18-good', { ...file, post_logout_redirect_uris: uris })).toBeUndefined();
  });
});
