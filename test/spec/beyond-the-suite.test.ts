/** What the official suite does not check and a provider must do all the same (requirements.md §20). */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { createBrowser } from '../support/browser.ts';
import { startWorld, type World } from '../support/product.ts';
import type { RelyingParty } from '../support/relying-party.ts';
import {
  changeFile,
  deliveriesTo,
  eventually,
  headerOf,
  isSignedIn,
  json,
  type Receiver,
  rotateKeysEarlier,
  signInSilently,
  signOff,
  startReceiver,
  tokenThrough,
} from './scene.ts';

describe('fifty apps, five of them sick', () => {
  const WAIT_MS = 1_500;
  const SICK = ['dead', 'slow', 'redirects', 'huge', 'breaks'] as const;
  const HEALTHY = Array.from({ length: 45 }, (_, index) => `app-${index + 1}`);
  let world: World<string>;
  let huge: Receiver;
  let stranger: Receiver;

  beforeAll(async () => {
    huge = await startReceiver((response) => {
      response.writeHead(200);
      const more = (): void => {
        while (!response.destroyed && response.write('x'.repeat(64 * 1024)));
      };
      response.on('drain', more).on('error', () => undefined);
      more();
    });
    stranger = await startReceiver((response) => response.writeHead(200).end());
    const redirects = await startReceiver((response) => response.writeHead(307, { location: stranger.url }).end());
    world = await startWorld({
      apps: {
        ...Object.fromEntries(HEALTHY.map((name) => [name, {}])),
        dead: { file: { backchannel_logout_uri: 'http://127.0.0.1:9/nobody-listens' } },
        slow: { behaviour: 'slow', slowMs: 4_000 },
        redirects: { file: { backchannel_logout_uri: redirects.url } },
        huge: { file: { backchannel_logout_uri: huge.url } },
        breaks: { behaviour: '500' },
      },
      settings: { SIGNOFF_LOGOUT_WAIT: `${WAIT_MS}ms` },
    });
  });
  afterAll(async () => {
    await world.stop();
    await Promise.all([huge.close(), stranger.close()]);
  });

  it('the healthy are told at once, the browser waits no longer than said, the receipt tells the truth', async () => {
    const browser = createBrowser();
    const first = world.apps[HEALTHY[0] ?? ''] as RelyingParty;
    const signIn = await first.signIn(browser);
    const others = [...HEALTHY.slice(1), ...SICK].map((name) => world.apps[name] as RelyingParty);
    const sids = new Map([[first.clientId, signIn.claims.sid]]);
    for (const app of others) sids.set(app.clientId, (await signInSilently(browser, app)).claims.sid);
    const startedAt = Date.now();

    const page = await signOff(browser, first, signIn);

    expect(Date.now() - startedAt).toBeLessThan(WAIT_MS + 500);
    expect(page.location).toMatch(/\/logout\/[\w-]{43}$/);
    for (const name of HEALTHY) {
      const [token] = world.apps[name]?.received ?? [];
      expect([name, token?.claims.sid]).toEqual([name, sids.get(name)]);
      expect((token?.at ?? Number.POSITIVE_INFINITY) - startedAt).toBeLessThan(WAIT_MS);
    }
    const receipt = await browser.get(page.location ?? '', { headers: { accept: 'application/json' } });
    const { counts, apps } = JSON.parse(receipt.body) as {
      counts: Record<string, number>;
      apps: { client_id: string; state: string }[];
    };
    expect(counts['told']).toBe(46);
    expect((counts['trying'] ?? 0) + (counts['refused'] ?? 0)).toBe(4);
    const told = apps.filter(({ state }) => state === 'told').map(({ client_id }) => client_id);
    // A 200 has said all: how much comes after it is nobody's concern.
    expect(told.sort()).toEqual([...HEALTHY, 'huge'].sort());
    expect(stranger.posts).toEqual([]);
  });
});

describe('between the sign-in and the sign-off', () => {
  let world: World<'wiki' | 'mail' | 'scripted'>;

  beforeAll(async () => {
    world = await startWorld({ apps: { wiki: {}, mail: {}, scripted: {} } });
  });
  afterAll(() => world.stop());

  it('two browsers: only the right one is signed off', async () => {
    const { wiki, mail } = world.apps;
    const [laptop, phone] = [createBrowser(), createBrowser()];
    const onLaptop = await wiki.signIn(laptop);
    await wiki.signIn(phone);
    await signInSilently(phone, mail);
    const before = mail.received.length;

    const token = await tokenThrough(wiki, () => signOff(laptop, wiki, onLaptop));

    expect(token.claims.sid).toBe(onLaptop.claims.sid);
    expect(mail.received).toHaveLength(before);
    expect([await isSignedIn(laptop, wiki), await isSignedIn(phone, wiki), await isSignedIn(phone, mail)]).toEqual([
      false,
      true,
      true,
    ]);
  });

  it('the keys are rotated: the logout token is signed by the new one, which is published; the old hint is good', async () => {
    const { wiki } = world.apps;
    const browser = createBrowser();
    const tokens = await wiki.signIn(browser);
    const oldKid = headerOf(tokens.idToken).kid;
    await rotateKeysEarlier(world);
    await world.restart();

    const token = await tokenThrough(wiki, async () => {
      expect((await signOff(browser, wiki, tokens)).location).toBe(wiki.postLogoutRedirectUri);
    });

    expect(token.header.kid).not.toBe(oldKid);
    const { keys } = (await json(`${world.issuer}/jwks`)) as { keys: { kid: string }[] };
    expect(keys.map(({ kid }) => kid)).toEqual(expect.arrayContaining([oldKid, token.header.kid]));
    const published = createRemoteJWKSet(new URL(`${world.issuer}/jwks`));
    await expect(jwtVerify(token.raw, published, { typ: 'logout+jwt' })).resolves.toBeDefined();
  });

  it('a restart in mid fan-out loses nothing: who was told is told once, who was not is told now', async () => {
    const { wiki, mail } = world.apps;
    mail.behaviour = '500';
    const browser = createBrowser();
    const inWiki = await wiki.signIn(browser);
    const inMail = await signInSilently(browser, mail);
    const before = [wiki.received.length, mail.received.length] as const;
    await signOff(browser, wiki, inWiki);
    await mail.waitForTokens(before[1] + 1);

    await world.restart();
    mail.behaviour = 'ok';

    await eventually(async () => (await deliveriesTo(world, mail))[0]?.state === 'told');
    const tries = mail.received.slice(before[1]).map((one) => one.claims);
    expect(new Set(tries.map(({ sid }) => sid))).toEqual(new Set([inMail.claims.sid]));
    expect(new Set(tries.map(({ jti }) => jti)).size).toBe(tries.length);
    expect(wiki.received).toHaveLength(before[0] + 1);
    expect(await isSignedIn(browser, wiki)).toBe(false);
  });

  it('an app whose clock is wrong: the delivery says so, since its 400 does not', async () => {
    const { wiki, scripted } = world.apps;
    const receiver = await startReceiver((response) => {
      response.writeHead(400, { date: new Date(Date.now() + 90_000).toUTCString() }).end();
    });
    await changeFile(world, 'scripted', { backchannel_logout_uri: receiver.url });
    const browser = createBrowser();
    const inWiki = await wiki.signIn(browser);
    await signInSilently(browser, scripted);

    await signOff(browser, wiki, inWiki);

    await eventually(async () => (await deliveriesTo(world, scripted))[0]?.state === 'refused');
    expect((await deliveriesTo(world, scripted))[0]?.lastError).toMatch(/clock is (89|90|91) s ahead/);
    await receiver.close();
  });
});
