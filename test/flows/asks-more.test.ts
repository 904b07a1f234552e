import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { addTotp, codeOf } from '../support/authenticator-app.ts';
import { type Browser, createBrowser, type Page } from '../support/browser.ts';
import { describeFlows, startWorld, type World } from '../support/product.ts';

const TWO_FACTOR = 'urn:signoff:two-factor';
const PASSKEY = 'urn:signoff:passkey';

const insisting = (value: string) => JSON.stringify({ id_token: { acr: { essential: true, value } } });

describeFlows('an app that asks for more than the session was begun with', () => {
  let world: World<'wiki' | 'bank'>;
  /** Signed in by the password alone, before the account had more. */
  let browser: Browser;
  let key: string;

  beforeEach(async () => {
    world = await startWorld({ apps: { wiki: {}, bank: {} } });
    browser = createBrowser();
    await world.apps.wiki.signIn(browser);
    const phone = createBrowser('a phone');
    await world.apps.wiki.signIn(phone);
    ({ key } = await addTotp(phone, world.issuer));
  });
  afterEach(() => world.stop());

  const ask = (parameters: Record<string, string>) => {
    const { bank } = world.apps;
    return browser.get(bank.authorizationUrl(parameters), { stopAt: bank.redirectUri });
  };

  const answer = (page: Page, fields: Record<string, string>) => {
    const form = page.forms.find(({ fields: there }) => Object.keys(fields).every((name) => name in there));
    const stopAt = world.apps.bank.redirectUri;
    return browser.post(form?.action ?? page.url, { ...form?.fields, ...fields }, { stopAt });
  };

  const errorOf = ({ location = '' }: Page) => new URL(location).searchParams.get('error');

  const sessionUids = async () => {
    const accountId = await world.accountId('alice');
    const views = await world.store.sessions.list({ accountId, state: 'live' }, { limit: 10 });
    return views.map(({ session }) => session.uid).toSorted();
  };

  it.each([
    ['by a wish', { acr_values: `${PASSKEY} ${TWO_FACTOR}` }],
    ['essentially', { claims: insisting(TWO_FACTOR) }],
  ])('%s: only the code is asked for, the session stays, and the ID token says so', async (_, parameters) => {
    const before = await sessionUids();

    const page = await ask(parameters);
    const wrong = await answer(page, { code: '000000' });
    const { location = '' } = await answer(wrong, { code: codeOf(key, 1) });
    const { claims } = await world.apps.bank.finish(location);
    const again = await world.apps.bank.signIn(browser, { parameters });

    expect(page.forms.flatMap(({ fields }) => Object.keys(fields))).not.toContain('password');
    expect(page.body).toContain('You are signed in. <bdi>Bank</bdi> asks for one thing more.');
    expect(wrong.status).toBe(401);
    expect(claims).toMatchObject({ acr: TWO_FACTOR, amr: ['pwd', 'otp', 'mfa'] });
    expect(await sessionUids()).toEqual(before);
    expect(again.claims).toMatchObject({ acr: TWO_FACTOR, sid: claims.sid, auth_time: claims['auth_time'] });
    expect(world.apps.wiki.received).toEqual([]);
  });

  it('where no page may come up, a wish goes without, and whoever insists is told that a sign-in is needed', async () => {
    const wish = await ask({ prompt: 'none', acr_values: TWO_FACTOR });
    const { claims } = await world.apps.bank.finish(wish.location ?? '');

    expect(claims).toMatchObject({ acr: 'urn:signoff:password', amr: ['pwd'] });
    expect(errorOf(await ask({ prompt: 'none', claims: insisting(TWO_FACTOR) }))).toBe('login_required');
  });

  it('whoever insists on what this account has not is told that it cannot be', async () => {
    const expected = 'unmet_authentication_requirements';

    expect(errorOf(await ask({ claims: insisting(PASSKEY) }))).toBe(expected);
    expect(errorOf(await ask({ claims: insisting('urn:elsewhere:retina') }))).toBe(expected);
    expect(errorOf(await ask({ prompt: 'none', claims: insisting(PASSKEY) }))).toBe(expected);
  });

  it('a code is no answer to an app that wants the password again, nor to one that wants somebody else', async () => {
    const other = createBrowser();
    const { idToken } = await world.apps.bank.signIn(other, { username: 'bob' });

    const again = await ask({ prompt: 'login', acr_values: TWO_FACTOR });
    const somebodyElse = await ask({ id_token_hint: idToken, acr_values: TWO_FACTOR });

    for (const page of [again, somebodyElse]) expect(page.forms[0]?.fields).toHaveProperty('password');
    const step = await answer(again, { username: 'alice', password: world.password });
    const { location = '' } = await answer(step, { code: codeOf(key, 1) });
    expect((await world.apps.bank.finish(location)).claims).toMatchObject({ acr: TWO_FACTOR });
  });

  it('whoever added it here has proved it here', async () => {
    const here = createBrowser('a tablet');
    await world.apps.wiki.signIn(here, { username: 'bob' });
    await addTotp(here, world.issuer);

    const { claims } = await world.apps.bank.signIn(here, { parameters: { claims: insisting(TWO_FACTOR) } });

    expect(claims).toMatchObject({ acr: TWO_FACTOR, amr: ['pwd', 'otp', 'mfa'] });
  });
});
