import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { eventually, headerOf, isSignedIn, refresh, signOff } from '../spec/scene.ts';
import { createBrowser, send } from '../support/browser.ts';
import { runCommand } from '../support/command.ts';
import { type ProcessPair, startProcessPair } from '../support/process-pair.ts';
import { describeFlows } from '../support/product.ts';
import { startRelyingParty } from '../support/relying-party.ts';

type Name = 'wiki' | 'mail' | 'slow';

describeFlows('two processes on one store', () => {
  let pair: ProcessPair<Name>;
  beforeAll(async () => {
    pair = await startProcessPair({ apps: { wiki: {}, mail: {}, slow: {} } });
  });
  afterAll(() => pair.stop());

  it('serve one user: signed in at one and at the other, signed off at the other, each app is told once', async () => {
    const { wiki, mail } = pair.apps;
    const browser = createBrowser();
    pair.one.serve();
    const inWiki = await wiki.signIn(browser);
    pair.two.serve();
    const inMail = await mail.signIn(browser);

    const page = await signOff(browser, wiki, inWiki);
    pair.one.serve();

    expect(page.status).toBe(303);
    expect([await isSignedIn(browser, wiki), await isSignedIn(browser, mail)]).toEqual([false, false]);
    expect((await refresh(wiki, inWiki)).json).toMatchObject({ error: 'invalid_grant' });
    await wiki.waitForSids([inWiki.claims.sid]);
    await mail.waitForSids([inMail.claims.sid]);
    await eventually(async () => (await deliveries({ state: 'trying' })).length === 0);
    const made = await deliveries({});
    expect(made.map(({ clientId, attempts, state }) => [clientId, attempts, state]).sort()).toEqual([
      ['mail', 1, 'told'],
      ['wiki', 1, 'told'],
    ]);
    expect([wiki.received.length, mail.received.length]).toEqual([1, 1]);
  }, 60_000);

  it('see an app that the other has loaded', async () => {
    const late = await startRelyingParty({ clientId: 'late', issuer: pair.issuer });
    try {
      await writeFile(join(pair.env['SIGNOFF_CLIENTS'] ?? '', 'late.yaml'), JSON.stringify(late.file));
      pair.one.hangUp();
      pair.two.serve();
      await eventually(async () => (await createBrowser().get(late.authorizationUrl())).status === 200);

      const browser = createBrowser();
      const tokens = await late.signIn(browser);
      pair.one.serve();
      await signOff(browser, late, tokens);
      await late.waitForSids([tokens.claims.sid]);
    } finally {
      await late.stop();
    }
  }, 60_000);

  it('see keys that a command rotated, publish the same, and sign with them', async () => {
    const { wiki } = pair.apps;
    const before = await publishedBy(pair.one.origin);
    await expect(runCommand(pair, ['keys', 'rotate', '--leaked'])).resolves.toMatchObject({ code: 0 });
    await eventually(async () => {
      const both = [await publishedBy(pair.one.origin), await publishedBy(pair.two.origin)];
      return both.every((kids) => kids.every((kid) => !before.includes(kid)));
    });
    expect(await publishedBy(pair.two.origin)).toEqual(await publishedBy(pair.one.origin));

    const browser = createBrowser();
    pair.two.serve();
    const tokens = await wiki.signIn(browser);
    pair.one.serve();
    await signOff(browser, wiki, tokens);

    await wiki.waitForSids([tokens.claims.sid]);
    expect(before).not.toContain(headerOf(tokens.idToken).kid);
    expect(wiki.bad).toEqual([]);
  }, 60_000);

  it('share the rest when one is killed in mid fan-out: the other finishes within seconds', async () => {
    const { wiki, mail, slow } = pair.apps;
    const browser = createBrowser();
    pair.one.serve();
    const tokens = await wiki.signIn(browser);
    const sids = [tokens.claims.sid];
    for (const app of [mail, slow]) sids.push((await app.signIn(browser)).claims.sid);
    slow.behaviour = 'hang';
    const heard = slow.received.length;

    const page = await signOff(browser, wiki, tokens);
    await slow.waitForTokens(heard + 1);
    // Whoever signs off wakes its own engine first, so it is this one that holds the call.
    await pair.one.kill();
    slow.behaviour = 'ok';
    pair.two.serve();

    await slow.waitForTokens(heard + 2);
    await wiki.waitForSids(sids.slice(0, 1));
    await mail.waitForSids(sids.slice(1, 2));
    expect(new Set(slow.received.slice(heard).map((token) => token.claims.sid))).toEqual(new Set(sids.slice(2)));
    await eventually(async () => (await deliveries({ state: 'trying' })).length === 0);
    const receipt = await browser.get(page.location ?? '', { headers: { accept: 'application/json' } });
    expect(JSON.parse(receipt.body)).toMatchObject({ state: 'settled', counts: { told: 3 } });
  }, 60_000);

  function deliveries(filter: { state?: 'trying' }) {
    return pair.store.deliveries.list(filter, { limit: 50 });
  }
});

/** Ids of the keys that this process shows. */
async function publishedBy(origin: string): Promise<readonly string[]> {
  const { body } = await send('GET', new URL(`${origin}/jwks`), {});
  return (JSON.parse(body) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid).sort();
}
