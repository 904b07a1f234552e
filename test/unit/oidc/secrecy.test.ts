import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cookieNames } from '../../../src/oidc/cookies.ts';
import { createParkedRequests } from '../../../src/oidc/parked-requests.ts';
import { createCryptoBox } from '../../../src/ops/crypto-box.ts';
import { sha256 } from '../../../src/ops/ids.ts';
import { createPerson, type Rig, startRig } from './rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig.close());

/** Every byte that the store wrote, the write-ahead log included. */
async function bytesOfStore(): Promise<string> {
  const folder = dirname(rig.storeFile);
  const files = await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name), 'latin1')));
  return files.join('');
}

describe('invariant 9: nothing secret is stored readable', () => {
  it('no cookie, code, token, key or parameter of a page under way', async () => {
    const person = createPerson(rig, await rig.account());
    person.replies({ 'sign-in': undefined });
    const { page } = await person.authorize('a', { nonce: 'nonce-of-a-page-under-way', login_hint: 'alice-the-hint' });
    const interaction = page.url.split('/').at(-1) ?? '';
    person.replies({});
    const tokens = await person.signIn('a', { scope: 'openid offline_access' });
    await person.browser.get(`${rig.issuer}/auth`);
    const { params } = await person.authorize('b');
    person.replies({ 'sign-in': undefined });
    await person.authorize('a', { prompt: 'login' });
    const secrets = {
      cookie: person.browser.cookies().find((one) => one.name === cookieNames(rig.issuer).session)?.value,
      interaction,
      nonce: 'nonce-of-a-page-under-way',
      hint: 'alice-the-hint',
      code: params?.['code'],
      access: tokens.access_token,
      refresh: tokens.refresh_token,
      key: String(rig.keys.signerFor('ES256', rig.clock.now())['d']),
      cookieKey: rig.keys.cookieKeys[0],
    };
    const stored = await bytesOfStore();
    expect(stored.length).toBeGreaterThan(10_000);
    const found = Object.entries(secrets).filter(([, secret]) => !secret || stored.includes(secret));
    expect(found.map(([name]) => name)).toEqual([]);
  });

  it('not even sealed: the page of a re-authentication does not carry the live cookie', async () => {
    const person = createPerson(rig, await rig.account());
    await person.signIn('a');
    person.replies({ 'sign-in': undefined });
    const { page } = await person.authorize('a', { prompt: 'login' });
    const uid = new URL(page.url).pathname.split('/').at(-1) ?? '';
    const row = await rig.store.provider.find('Interaction', sha256(uid), rig.clock.now());
    const opened = rig.box.open(row?.sealedPayload ?? '');
    expect(JSON.parse(opened)).toMatchObject({ prompt: { name: 'login' }, session: { uid: expect.any(String) } });
    const cookies = person.browser.cookies().filter((one) => one.name === cookieNames(rig.issuer).session);
    expect(cookies.map((one) => opened.includes(one.value))).toEqual([false]);
    expect(JSON.parse(opened)).not.toHaveProperty('jti');
  });

  it('and none of it in the log', async () => {
    const person = createPerson(rig, await rig.account());
    const tokens = await person.signIn('a');
    const { params } = await person.authorize('a', {
      scope: 'openid nonsense',
      redirect_uri: 'http://evil.test/cb?code=evil-code',
    });
    const logged = JSON.stringify(rig.lines);
    for (const secret of [tokens.access_token, tokens.id_token, params?.['code'] ?? 'no code', 'evil-code']) {
      expect(logged).not.toContain(secret);
    }
  });
});

describe('parked requests', () => {
  it('come back once, in order, with repetitions', async () => {
    const parked = createParkedRequests(rig);
    const params = new URLSearchParams('state=1&id_token_hint=a.b.c&state=2');
    const id = await parked.park(params);
    expect(id).toMatch(/^[\w-]{43}$/);
    expect((await parked.take(id))?.toString()).toBe(params.toString());
    expect(await parked.take(id)).toBeUndefined();
    expect(await parked.take('unknown')).toBeUndefined();
  });

  it('come back to one of two who ask at once', async () => {
    const parked = createParkedRequests(rig);
    const id = await parked.park(new URLSearchParams('state=1'));
    const both = await Promise.all([parked.take(id), parked.take(id)]);
    expect(both.filter((one) => one !== undefined)).toHaveLength(1);
  });

  it('are gone after five minutes, and unreadable under another key', async () => {
    const parked = createParkedRequests(rig);
    const [old, young] = [await parked.park(new URLSearchParams('a=1')), await parked.park(new URLSearchParams('a=1'))];
    const stranger = createParkedRequests({ ...rig, box: createCryptoBox(randomBytes(32)) });
    await expect(stranger.take(young)).rejects.toThrow();
    rig.clock.advance(5 * 60_000 + 1);
    expect(await parked.take(old)).toBeUndefined();
  });
});
