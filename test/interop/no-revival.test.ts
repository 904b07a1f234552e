import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { signOff } from '../spec/scene.ts';
import { type Browser, createBrowser } from '../support/browser.ts';
import { freePort } from '../support/free-port.ts';
import { startWorld, type World } from '../support/product.ts';
import type { Tokens } from '../support/relying-party.ts';
import type { ExpressAppSettings } from './express-app.ts';

type Name = 'both' | 'sid-only';

describe('A14 an app on express-openid-connect 3.4', () => {
  let world: World<Name | 'wiki'>;
  const ports: Record<Name, number> = { both: 0, 'sid-only': 0 };
  let children: readonly ChildProcess[] = [];

  beforeAll(async () => {
    ports.both = await freePort();
    ports['sid-only'] = await freePort();
    world = await startWorld({
      apps: {
        wiki: {},
        both: { file: fileOf(ports.both) },
        'sid-only': { file: { ...fileOf(ports['sid-only']), logout: { subject: 'sid' } } },
      },
    });
    children = await Promise.all([startExpressApp('both'), startExpressApp('sid-only')]);
  });
  afterAll(async () => {
    for (const child of children) child.kill();
    await world.stop();
  });

  it.each<Name>([
    'both',
    'sid-only',
  ])('A14 no-revival: its ended session does not come back at the person’s next sign-in (told by %s)', async (name) => {
    const browser = createBrowser();
    const first = await signInAt(name, browser);
    const inWiki = await signInAtWiki(browser);
    const kept = createBrowser();
    for (const cookie of browser.cookies()) kept.setCookie(cookie);
    expect(await who(name, kept)).toEqual(first);

    const page = await signOff(browser, world.apps.wiki, inWiki);

    // Gone on only because the app, too, has answered 2xx.
    expect(page.location).toBe(world.apps.wiki.postLogoutRedirectUri);
    expect(await who(name, browser)).toEqual({});
    expect(await who(name, kept)).toEqual({});
    const next = await signInAt(name, createBrowser());
    expect(next['sub']).toBe(first['sub']);
    expect(next['sid']).not.toBe(first['sid']);
    expect(await who(name, browser)).toEqual({});
    expect(await who(name, kept)).toEqual({});
  });

  it('A14 no-revival: signing in again in the same browser brings a session of its own, which is not thrown out', async () => {
    const browser = createBrowser();
    const first = await signInAt('both', browser);
    await signOff(browser, world.apps.wiki, await signInAtWiki(browser));

    const next = await signInAt('both', browser);

    expect(next['sid']).not.toBe(first['sid']);
    expect(await who('both', browser)).toEqual(next);
  });

  it('A14 no-revival: told by sid only, it keeps the session of the person’s other browser', async () => {
    const laptop = createBrowser();
    const phone = createBrowser();
    await signInAt('sid-only', laptop);
    const onPhone = await signInAt('sid-only', phone);

    await signOff(laptop, world.apps.wiki, await signInAtWiki(laptop));

    expect(await who('sid-only', laptop)).toEqual({});
    expect(await who('sid-only', phone)).toEqual(onPhone);
  });

  function fileOf(port: number) {
    const origin = originOf(port);
    return {
      redirect_uris: [`${origin}/callback`],
      post_logout_redirect_uris: [origin],
      backchannel_logout_uri: `${origin}/backchannel-logout`,
    };
  }

  async function startExpressApp(name: Name): Promise<ChildProcess> {
    const settings: ExpressAppSettings = {
      issuer: world.issuer,
      port: ports[name],
      clientId: name,
      clientSecret: world.apps[name].secret,
    };
    const child = spawn(process.execPath, [fileURLToPath(new URL('./express-app.ts', import.meta.url))], {
      env: { PATH: process.env['PATH'], NODE_NO_WARNINGS: '1', APP: JSON.stringify(settings) },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(createInterface(child.stdout), 'line');
    expect(line).toBe('ready');
    return child;
  }

  async function signInAt(name: Name, browser: Browser): Promise<Record<string, unknown>> {
    const page = await browser.get(`${originOf(ports[name])}/login`);
    if (page.forms[0] !== undefined) await browser.submit(page, { username: 'alice', password: world.password });
    const person = await who(name, browser);
    expect(person).toMatchObject({ sub: expect.any(String), sid: expect.any(String) });
    return person;
  }

  /** In a browser that is signed in already. */
  function signInAtWiki(browser: Browser): Promise<Tokens> {
    return world.apps.wiki.signIn(browser);
  }

  async function who(name: Name, browser: Browser): Promise<Record<string, unknown>> {
    const page = await browser.get(`${originOf(ports[name])}/who`);
    return JSON.parse(page.body) as Record<string, unknown>;
  }
});

function originOf(port: number): string {
  return `http://127.0.0.1:${port}`;
}
