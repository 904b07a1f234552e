/** The pages of operators in a real browser, on the real product: by keyboard, and at 320 px without script. */
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { createBrowser } from '../support/browser.ts';
import { anOperator, type OperatorAtWork } from '../support/operators.ts';
import { startWorld, type World } from '../support/product.ts';
import { type Browser, type ContextOptions, describeInBrowser, type Page, startBrowser } from './chromium.ts';
import { look, press, signInAt } from './looking.ts';

jest.setTimeout(120_000);

describeInBrowser('the pages of operators in Chromium', () => {
  let browser: Browser;
  let world: World<'wiki' | 'pay'>;
  let owner: OperatorAtWork;

  beforeAll(async () => {
    world = await startWorld({ apps: { wiki: {}, pay: { file: { backchannel_logout_uri: undefined } } } });
    owner = await anOperator(world, 'owner', 'mira');
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await world?.stop();
  });

  async function signedIn(options: ContextOptions = {}): Promise<Page> {
    const context = await browser.newContext({ bypassCSP: true, reducedMotion: 'reduce', ...options });
    const page = await context.newPage();
    await signInAt(page, `${world.issuer}/admin`, owner.username);
    return page;
  }

  it('are worked by keyboard alone, from the start page to a session that has ended', async () => {
    const { claims } = await world.apps.wiki.signIn(createBrowser());
    const page = await signedIn();
    await look(page, 'admin start');
    await press(page, page.getByRole('link', { name: 'People' }));
    await page.waitForURL(/\/admin\/people$/);
    await look(page, 'admin people');
    await page.getByLabel('User name or id').focus();
    await page.keyboard.type('alice');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/admin\/people\/./);
    await look(page, 'admin person');
    await press(page, page.getByRole('button', { name: 'End Firefox on Linux' }));
    await page.getByLabel('Reason').focus();
    await look(page, 'admin confirm');
    await page.keyboard.type('lost');
    await page.keyboard.press('Enter');
    await world.apps.wiki.waitForSids([String(claims.sid)]);
    await page.waitForURL((url) => !url.pathname.endsWith('/end'));
    await look(page, 'admin ended');
    await page.context().close();
  });

  it('keep the page of a logout up to date, and its buttons as soon as they are something else', async () => {
    const { claims } = await world.apps.wiki.signIn(createBrowser(), { username: 'bob' });
    world.apps.wiki.behaviour = '500';
    const ended = await world.server.endSessions(
      { kind: 'account', accountId: await world.accountId('bob') },
      { reason: 'operator', actor: { kind: 'operator' } },
    );
    const id = ended.kind === 'ended' ? ended.logout.id : '';
    const page = await signedIn();
    await page.goto(`${world.issuer}/admin/logouts/${id}`);
    await page.getByText('Some apps do not know yet').waitFor();
    await look(page, 'admin logout trying');
    expect(await page.getByRole('link', { name: 'Look again' }).count()).toBe(1);
    world.apps.wiki.behaviour = 'ok';
    await world.apps.wiki.waitForSids([String(claims.sid)]);
    await page.getByText('Over. Every app was told.').waitFor();
    await page.getByRole('link', { name: 'Look again' }).waitFor({ state: 'detached' });
    await look(page, 'admin logout over');
    await page.getByRole('link', { name: 'Why' }).click();
    await page.getByRole('heading', { name: 'wiki was told', level: 1 }).waitFor();
    await look(page, 'admin delivery');
    await page.context().close();
  });

  it('register an app, change it and check it up, by keyboard', async () => {
    const page = await signedIn();
    await press(page, page.getByRole('link', { name: 'Clients' }));
    await page.waitForURL(/\/admin\/clients$/);
    await look(page, 'admin clients');
    await press(page, page.getByText('New app', { exact: true }));
    await page.getByRole('textbox', { name: 'Id', exact: true }).fill('shop');
    await page.getByLabel('Redirect addresses').fill('https://shop.example/a\nhttp://shop.example/b');
    await page.getByLabel('Redirect addresses').blur();
    await press(page, page.getByRole('button', { name: 'Register the app' }));
    await page.getByRole('alert').waitFor();
    await look(page, 'admin client wrong');
    await page.getByLabel('Redirect addresses').fill('https://shop.example/a');
    await press(page, page.getByRole('button', { name: 'Register the app' }));
    await page.locator('.secret').waitFor();
    await look(page, 'admin client secret');
    await press(page, page.getByRole('link', { name: 'To the app' }));
    await page.waitForURL(/\/admin\/clients\/shop$/);
    await look(page, 'admin client');
    await press(page, page.getByRole('link', { name: 'Change' }));
    await page.waitForURL(/\/admin\/clients\/shop\/change$/);
    await look(page, 'admin client change');
    await page.getByLabel('Longest session of the app itself').fill('8h');
    await page.keyboard.press('Enter');
    await page.getByRole('table').waitFor();
    await look(page, 'admin client differences');
    await press(page, page.getByRole('button', { name: 'Save' }));
    await page.getByRole('status').waitFor();
    await page.goto(`${world.issuer}/admin/clients/wiki/snippet?for=spring`);
    await look(page, 'admin client code');
    await page.goto(`${world.issuer}/admin/clients/wiki`);
    await press(page, page.getByRole('button', { name: 'Check up' }));
    await page.getByRole('heading', { name: /^Grade/ }).waitFor();
    await look(page, 'admin client grade');
    await page.context().close();
  });

  it('work without script, at 320 px, in the dark, and say beside each field what is wrong', async () => {
    const page = await signedIn({
      javaScriptEnabled: false,
      colorScheme: 'dark',
      viewport: { width: 320, height: 640 },
    });
    await look(page, 'admin start narrow', false);
    for (const group of [
      'Clients',
      'People',
      'Sessions',
      'Logouts',
      'Deliveries',
      'Everybody',
      'Keys',
      'Registration tokens',
      'Operators',
      'Audit',
      'Tokens',
    ]) {
      await page.getByRole('link', { name: group, exact: true }).click();
      await page.getByRole('heading', { name: group, level: 1 }).waitFor();
      expect(await page.locator('nav [aria-current=page]').textContent()).toBe(group);
      await look(page, `admin ${group} narrow`, false);
    }
    for (const path of ['shop', 'shop/change', 'wiki/snippet']) {
      await page.goto(`${world.issuer}/admin/clients/${path}`);
      await look(page, `admin client ${path.replace('/', ' ')} narrow`, false);
    }
    await page.getByRole('link', { name: 'Tokens', exact: true }).click();
    await page.getByLabel('Name').fill('backup');
    await page.getByLabel('Life').fill('soon');
    await page.getByRole('button', { name: 'Make a token' }).click();
    await look(page, 'admin form wrong narrow', false);
    expect(await page.getByLabel('Life').getAttribute('aria-invalid')).toBe('true');
    await page.getByLabel('signoff.read').check();
    await page.getByLabel('Life').fill('1d');
    await page.getByRole('button', { name: 'Make a token' }).click();
    expect(await page.locator('.secret code').textContent()).toMatch(/^signoff_pat_/);
    await look(page, 'admin token narrow', false);
    await page.context().close();
  });
});
