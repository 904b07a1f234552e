import { request } from 'node:http';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { type Browser, createBrowser, type Page } from '../support/browser.ts';
import { describeFlows, startWorld, type World } from '../support/product.ts';

describeFlows('the receipt', () => {
  let world: World<'wiki' | 'mail'>;
  let browser: Browser;
  let receipt: Page;
  let ahead: number;

  beforeEach(async () => {
    ahead = 0;
    world = await startWorld({
      clock: { now: () => Date.now() + ahead },
      apps: { wiki: {}, mail: { behaviour: '500' } },
      settings: { SIGNOFF_RETRY_FIRST: '150ms', SIGNOFF_RETRY_MAX: '300ms', SIGNOFF_LOGOUT_WAIT: '300ms' },
    });
    browser = createBrowser();
    const { wiki, mail } = world.apps;
    const { idToken } = await wiki.signIn(browser);
    await mail.signIn(browser);
    receipt = await browser.get(
      wiki.endSessionUrl({ id_token_hint: idToken, post_logout_redirect_uri: wiki.postLogoutRedirectUri, state: 's' }),
    );
  });
  afterEach(() => world.stop());

  it('says who has confirmed and who has not, and offers the way on with the state', async () => {
    expect(receipt.status).toBe(200);
    expect(receipt.body).toContain('Mail');
    expect(receipt.body).toContain(`${world.apps.wiki.postLogoutRedirectUri}?state=s`);
  });

  it('streams the state at once, then each change, and ends when all is settled', async () => {
    const stream = readEvents(`${receipt.url}/events`, cookiesFor(browser, receipt.url));
    const first = await stream.next();
    expect(first).toMatchObject({ state: 'trying', counts: { told: 1, trying: 1 } });

    world.apps.mail.behaviour = 'ok';

    const rest = await stream.rest();
    expect(rest.at(-1)).toMatchObject({ state: 'settled', counts: { told: 2, trying: 0 } });
    expect(JSON.stringify(rest)).toContain('Mail');
  });

  it('tells names in a stream as long as the mark of the browser lasts, and no longer', async () => {
    const stream = readEvents(`${receipt.url}/events`, cookiesFor(browser, receipt.url));
    expect(JSON.stringify(await stream.next())).toContain('Mail');

    ahead = 15 * 60_000;
    await stream.until((message) => !JSON.stringify(message).includes('Mail'));

    world.apps.mail.behaviour = 'ok';
    const last = (await stream.rest()).at(-1);
    expect(last).toMatchObject({ state: 'settled', counts: { told: 2 } });
    expect(JSON.stringify(last)).not.toContain('Mail');
  });

  it('tells a stranger with the link counts and states, no names', async () => {
    world.apps.mail.behaviour = 'ok';
    const page = await createBrowser().get(receipt.url);
    const events = await readEvents(`${receipt.url}/events`, '').rest();

    expect(page.status).toBe(200);
    expect(page.body).not.toContain('Mail');
    expect(page.body).not.toContain(world.apps.wiki.origin);
    expect(JSON.stringify(events)).not.toMatch(/mail|wiki|reason|continue_uri/i);
  });

  it('tells all to another session of the same account, not to one of somebody else', async () => {
    const own = createBrowser();
    const others = createBrowser();
    await world.apps.wiki.signIn(own);
    await world.apps.wiki.signIn(others, { username: 'bob' });

    expect((await own.get(receipt.url)).body).toContain('Mail');
    expect((await others.get(receipt.url)).body).not.toContain('Mail');
  });

  it('a cookie that was made up, or belongs to another receipt, opens nothing', async () => {
    const thief = createBrowser();
    const path = new URL(receipt.url).pathname;
    const [cookie] = browser.cookies().filter((one) => one.name === 'receipt');
    if (cookie === undefined) throw new Error('no receipt cookie');
    thief.setCookie({ ...cookie, value: `${cookie.value.split('.')[0]}.9999999999999`, path });

    expect((await thief.get(receipt.url)).body).not.toContain('Mail');
    expect(cookie.path).toBe(path);
    expect(cookie.attributes.toLowerCase()).toContain('httponly');
  });

  it('"Done" makes it disappear; a stranger cannot', async () => {
    const stay = await browser.get(`${receipt.url}?stay=1`);
    const stranger = createBrowser();
    const form = await stranger.get(world.apps.wiki.authorizationUrl());
    const refused = await stranger.post(receipt.url, { csrf: form.forms[0]?.fields['csrf'] ?? '' });

    const done = await browser.submit(stay, {}, { follow: false });

    expect(refused.status).toBe(404);
    expect(done.status).toBe(303);
    expect((await browser.get(receipt.url)).status).toBe(404);
  });

  it('ends its streams when the product stops, which then stops at once', async () => {
    const stream = readEvents(`${receipt.url}/events`, '');
    await stream.next();
    const startedAt = Date.now();

    await world.server.stop();

    await stream.rest();
    expect(Date.now() - startedAt).toBeLessThan(2_000);
  });

  it('is 404 for a link that was never made', async () => {
    const page = await createBrowser().get(`${world.issuer}/logout/${'a'.repeat(43)}`);

    expect(page.status).toBe(404);
  });
});

function cookiesFor(browser: Browser, url: string): string {
  const { pathname } = new URL(url);
  return browser
    .cookies()
    .filter((cookie) => pathname.startsWith(cookie.path))
    .map((cookie) => `${cookie.name}=${cookie.value}`)
    .join('; ');
}

/** Reads an event stream; `next` is the first message, `rest` all there were once it has ended. */
function readEvents(url: string, cookie: string) {
  const messages: unknown[] = [];
  const looks = new Set<() => void>();
  const { promise: first, resolve: gotFirst, reject: failed } = Promise.withResolvers<unknown>();
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  request(url, { headers: { accept: 'text/event-stream', cookie }, agent: false }, (response) => {
    let text = '';
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => {
      text += chunk;
      for (const [, data = ''] of text.matchAll(/^data: (.*)\n\n/gm)) messages.push(JSON.parse(data));
      text = text.slice(text.lastIndexOf('\n\n') + 2);
      if (messages.length > 0) gotFirst(messages[0]);
      for (const look of [...looks]) look();
    });
    response.on('end', () => end());
  })
    .on('error', failed)
    .end();
  return {
    next: () => first,
    /** Waits for a message like this. */
    until: (isIt: (message: unknown) => boolean) =>
      new Promise<void>((found) => {
        looks.add(() => messages.some(isIt) && found());
      }),
    rest: async () => {
      await ended;
      return messages;
    },
  };
}
