import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { signOff } from '../spec/scene.ts';
import { type Browser, createBrowser } from '../support/browser.ts';
import { runCommand } from '../support/command.ts';
import { freePort } from '../support/free-port.ts';
import { startWorld, type World } from '../support/product.ts';
import { type Apache, apacheFile, missingApache, startApache } from './apache.ts';

const missing = missingApache();
const describeHere = missing === undefined ? describe : describe.skip;
const why = missing === undefined ? '' : ` (skipped: ${missing})`;

describeHere(`A13 an app behind mod_auth_openidc${why}`, () => {
  let world: World<'apache' | 'wiki'>;
  let apache: Apache;

  beforeAll(async () => {
    const port = await freePort();
    world = await startWorld({ apps: { wiki: {}, apache: { file: apacheFile(port) } } });
    const clientSecret = world.apps.apache.secret;
    apache = await startApache({ port, issuer: world.issuer, clientId: 'apache', clientSecret });
  });
  afterAll(async () => {
    await apache?.stop();
    await world?.stop();
  });

  it('A13 only-the-right-browser: who signs off loses the session there; the same person’s other browser, and other people, keep theirs', async () => {
    const laptop = createBrowser();
    const phone = createBrowser();
    const bob = createBrowser();
    await signIn(laptop, 'alice');
    // Later than the other: told by sub alone, the module ends a person's latest session.
    await signIn(phone, 'alice');
    await signIn(bob, 'bob');
    const kept = createBrowser();
    for (const cookie of laptop.cookies()) kept.setCookie(cookie);
    const inWiki = await world.apps.wiki.signIn(laptop);

    const page = await signOff(laptop, world.apps.wiki, inWiki);

    expect(page.location).toBe(world.apps.wiki.postLogoutRedirectUri);
    expect(await Promise.all([laptop, kept, phone, bob].map(isIn))).toEqual([false, false, true, true]);
  });

  it('A13 only-the-right-browser: signed off everywhere, every browser of that person loses its session, nobody else', async () => {
    const devices = [createBrowser(), createBrowser(), createBrowser()];
    const bob = createBrowser();
    for (const device of devices) await signIn(device, 'alice');
    await signIn(bob, 'bob');

    const finished = await runCommand(world, ['logout', '--account', 'alice', '--yes', '--json']);

    expect(finished).toMatchObject({ code: 0 });
    expect(await Promise.all([...devices, bob].map(isIn))).toEqual([false, false, false, true]);
  });

  async function signIn(browser: Browser, username: string): Promise<void> {
    const form = await browser.get(apache.page);
    const page = await browser.submit(form, { username, password: world.password });
    if (page.status !== 200) throw new Error(`${page.trail.join(' → ')}: ${page.status}\n${await apache.log()}`);
    expect(page.body).toBe('behind the sign-in\n');
    expect(await isIn(browser)).toBe(true);
  }

  async function isIn(browser: Browser): Promise<boolean> {
    const page = await browser.get(apache.page, { follow: false });
    if (page.status === 200) return true;
    expect(page.location).toMatch(new RegExp(`^${world.issuer}/auth\\?`));
    return false;
  }
});
