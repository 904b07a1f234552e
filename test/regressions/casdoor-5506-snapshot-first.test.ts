import { afterEach, describe, expect, it } from '@jest/globals';
import { FORM, introspect, type Receiver, signOff, startReceiver } from '../spec/scene.ts';
import { createBrowser, send } from '../support/browser.ts';
import { startWorld, type World } from '../support/product.ts';
import type { RelyingParty } from '../support/relying-party.ts';

describe('A5 tokens are revoked with the sign-off, and who must be told does not hang on them', () => {
  const open: { stop(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const one of open.splice(0)) await one.stop();
  });

  it('A5 casdoor-5506: an app whose tokens were all revoked before is told all the same', async () => {
    const world = await startWorld({ apps: { wiki: {}, mail: {} } });
    open.push(world);
    const { wiki, mail } = world.apps;
    const browser = createBrowser();
    const inWiki = await wiki.signIn(browser);
    const inMail = await mail.signIn(browser);
    await revoke(world, mail, inMail.accessToken);
    await revoke(world, mail, inMail.refreshToken ?? '');

    await signOff(browser, wiki, inWiki);

    await Promise.all([wiki.waitForTokens(1), mail.waitForTokens(1)]);
    expect(mail.received.map((one) => one.claims.sid)).toEqual([inMail.claims.sid]);
  });

  it('A5 casdoor-5506: when an app hears of the sign-off, the tokens of the session are dead already', async () => {
    const seen: unknown[] = [];
    let look: () => Promise<unknown> = async () => undefined;
    const receiver = await startReceiver(async (response) => {
      seen.push(await look());
      response.writeHead(200).end();
    });
    open.push(closing(receiver));
    const world = await startWorld({ apps: { wiki: {}, mail: { file: { backchannel_logout_uri: receiver.url } } } });
    open.unshift(world);
    const { wiki, mail } = world.apps;
    const browser = createBrowser();
    const inWiki = await wiki.signIn(browser);
    const inMail = await mail.signIn(browser);
    expect(await introspect(world, mail, inMail.accessToken)).toMatchObject({ active: true });
    // As mod_auth_openidc does: it calls us while we call it, so no lock may be held.
    look = () => introspect(world, mail, inMail.accessToken);

    const page = await signOff(browser, wiki, inWiki);

    expect(page.location).toBe(wiki.postLogoutRedirectUri);
    expect(seen).toEqual([{ active: false }]);
  });
});

function closing(receiver: Receiver): { stop(): Promise<void> } {
  return { stop: () => receiver.close() };
}

async function revoke(world: World<string>, app: RelyingParty, token: string): Promise<void> {
  const authorization = `Basic ${Buffer.from(`${app.clientId}:${app.secret}`).toString('base64')}`;
  const body = new URLSearchParams({ token }).toString();
  const answer = await send('POST', new URL(`${world.issuer}/token/revocation`), { ...FORM, authorization }, body);
  expect(answer.status).toBe(200);
}
