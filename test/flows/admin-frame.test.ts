/** Who gets to the pages of operators, and what stands before each write there. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { addTotp, codeOf } from '../support/authenticator-app.ts';
import { createBrowser } from '../support/browser.ts';
import { backToNow, letPass, SECOND } from '../support/moving-time.ts';
import { anOperator, groupsOn, type OperatorAtWork, signInAtAdmin, wordsOf } from '../support/operators.ts';
import { describeFlows, startWorld, type World } from '../support/product.ts';

const MINUTE = 60 * SECOND;

describeFlows('pages of operators', () => {
  let world: World<'wiki'>;
  let support: OperatorAtWork;
  let operator: OperatorAtWork;
  let owner: OperatorAtWork;

  beforeAll(async () => {
    // A step-up of an hour for people: operators have 15 minutes, whatever it says.
    world = await startWorld({ apps: { wiki: {} }, settings: { SIGNOFF_STEP_UP: '1h' } });
    support = await anOperator(world, 'support');
    operator = await anOperator(world, 'operator');
    owner = await anOperator(world, 'owner');
  });
  afterEach(() => backToNow());
  afterAll(() => world.stop());

  const keyCount = async () => (await world.store.keys.signingKeys()).length;
  const rows = (action: string) => world.store.audit.list({ action }, 10);

  describe('let in', () => {
    it('whoever is not signed in goes to sign in, and comes back to the page that was asked for', async () => {
      const browser = createBrowser();
      const signIn = await browser.get(`${world.issuer}/admin/keys?x=1`);
      expect(new URL(signIn.url).pathname).toMatch(/^\/interaction\//);
      const page = await browser.submit(signIn, { username: 'operator', password: world.password });
      expect([page.url, page.status]).toEqual([`${world.issuer}/admin/keys?x=1`, 200]);
    });

    it('an account without a role gets the page of an address that is not there, whatever it asks for', async () => {
      const browser = createBrowser();
      const page = await signInAtAdmin(world, browser, 'alice');
      const nowhere = await browser.get(`${world.issuer}/nowhere`);
      const strip = (body: string) => body.replace(/<(dd|pre)\b[\s\S]*?<\/\1>|href="[^"]*speak=[^"]*"/gu, '');
      expect([page.status, strip(page.body)]).toEqual([404, strip(nowhere.body)]);
      for (const path of ['/admin/keys', '/admin/nothing']) {
        expect((await browser.get(`${world.issuer}${path}`)).status).toBe(404);
      }
      const sent = await browser.post(`${world.issuer}/admin/keys/rotate`, { confirm: 'yes' });
      expect(sent.status).toBe(404);
      const json = await browser.get(`${world.issuer}/admin`, { headers: { accept: 'application/json' } });
      expect([json.status, JSON.parse(json.body).error]).toEqual([404, 'not_found']);
    });

    it('an operator finds nothing at an address that is not there', async () => {
      expect((await operator.at('/nothing')).status).toBe(404);
    });

    it('a role that was taken away is gone with the next click', async () => {
      const leaving = await anOperator(world, 'operator', 'leaving');
      const page = await leaving.at('/keys');
      const audit = (await rows('tests.run'))[0];
      await world.store.operators.setRole(leaving.accountId, undefined, Date.now(), { ...audit, id: 'x1' } as never);
      expect((await leaving.at('/keys')).status).toBe(404);
      expect((await leaving.send(page, '/rotate')).status).toBe(404);
    });

    it('each role sees the groups that it may look at, the current one marked', async () => {
      expect(groupsOn(await support.at())).toContain('[Start]');
      expect(groupsOn(await support.at())).not.toContain('Keys');
      for (const who of [operator, owner]) expect(groupsOn(await who.at('/keys'))).toContain('[Keys]');
    });

    it('what a role may not look at is refused by the use case, in its words, with a way out', async () => {
      const page = await support.at('/keys');
      expect([page.status, wordsOf(page)]).toEqual([403, expect.stringContaining('This needs the role operator.')]);
      expect(page.body).toContain('href="/admin/keys">Back</a>');
    });

    it('speaks English, says so, and offers no other language', async () => {
      const page = await operator.browser.get(`${world.issuer}/admin`, { headers: { 'accept-language': 'de' } });
      expect(page.body).toContain('<html lang="en">');
      expect([page.headers['content-language'], page.body.includes('speak=')]).toEqual(['en', false]);
    });

    it('nobody frames it, stores it, or learns where one came from', async () => {
      const { headers } = await operator.at('/keys');
      expect(headers).toMatchObject({
        'x-frame-options': 'DENY',
        'cache-control': 'no-store',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
        'content-security-policy': expect.stringMatching(/frame-ancestors 'none'.*form-action 'self'/),
      });
    });
  });

  describe('a write', () => {
    it('shows its numbers first, keeps the reason, and is one row of the audit in the name of who did it', async () => {
      const before = await keyCount();
      const page = await operator.at('/keys');
      const asked = await operator.send(page, '/rotate');
      expect([asked.status, wordsOf(asked)]).toEqual([
        200,
        expect.stringContaining(`${before} keys of now stay published`),
      ]);
      expect(await keyCount()).toBe(before);
      const done = await operator.browser.submit(asked, { reason: 'the yearly <one>' });
      expect([done.url, wordsOf(done)]).toEqual([
        `${world.issuer}/admin/keys?done=rotated`,
        expect.stringContaining('There are new keys.'),
      ]);
      expect(await keyCount()).toBeGreaterThan(before);
      expect(await rows('keys.rotate')).toEqual([
        expect.objectContaining({
          actor: { kind: 'account', id: operator.accountId },
          from: '127.0.0.1',
          reason: 'the yearly <one>',
        }),
      ]);
    });

    it('asks for the password where the last one is 15 minutes old, and then goes on', async () => {
      const page = await operator.at('/keys');
      const before = await keyCount();
      letPass(16 * MINUTE);
      const stepUp = await operator.send(page, '/rotate', { cookies: 'yes' });
      expect(stepUp.forms[0]?.fields).toMatchObject({ cookies: 'yes', password: '' });
      const wrong = await operator.browser.submit(stepUp, { password: 'wrong' });
      expect(wrong.status).toBe(401);
      const asked = await operator.browser.submit(wrong, { password: world.password });
      expect(asked.forms[0]?.fields).toMatchObject({ cookies: 'yes', confirm: 'yes' });
      expect(asked.forms[0]?.fields).not.toHaveProperty('password');
      expect((await operator.browser.submit(asked)).url).toBe(`${world.issuer}/admin/keys?done=rotated`);
      expect([await keyCount(), (await rows('keys.rotate')).length]).toEqual([before, 2]);
    });

    it('is asked for the password although its form says yes by itself', async () => {
      const page = await operator.at('/keys');
      letPass(40 * MINUTE);
      const before = await rows('keys.rotate');
      const asked = await operator.send(page, '/rotate', { confirm: 'yes' });
      expect(asked.forms[0]?.fields).toHaveProperty('password');
      expect(await rows('keys.rotate')).toEqual(before);
    });

    it('takes the second factor as well from whoever has one, and the password alone does nothing', async () => {
      const careful = await anOperator(world, 'operator', 'careful');
      const { key } = await addTotp(careful.browser, world.issuer);
      const page = await careful.at('/keys');
      letPass(40 * MINUTE);
      const before = await rows('keys.rotate');
      const stepUp = await careful.send(page, '/rotate', { cookies: 'yes' });
      const half = await careful.browser.submit(stepUp, { password: world.password });
      expect([half.status < 500, half.forms[0]?.fields['confirm'], await rows('keys.rotate')]).toEqual([
        true,
        undefined,
        before,
      ]);
      const asked = await careful.browser.submit(half, { password: world.password, proof_code: codeOf(key) });
      const done = await careful.browser.submit(asked);
      expect([done.url, (await rows('keys.rotate')).length]).toEqual([
        `${world.issuer}/admin/keys?done=rotated`,
        before.length + 1,
      ]);
    });

    it('is refused to a role that may not do it before anything is asked, and leaves no row', async () => {
      const page = await operator.at('/keys');
      const csrf = page.forms[0]?.fields['csrf'] ?? '';
      support.browser.setCookie(operator.browser.cookies().find(({ name }) => name.includes('csrf')) as never);
      const before = await rows('keys.rotate');
      const answer = await support.browser.post(`${world.issuer}/admin/keys/rotate`, { csrf, confirm: 'yes' });
      expect([answer.status, wordsOf(answer)]).toEqual([403, expect.stringContaining('This needs')]);
      expect(await rows('keys.rotate')).toEqual(before);
    });

    it('without a csrf field, or from another site, does nothing', async () => {
      const page = await operator.at('/keys');
      const before = await rows('keys.rotate');
      const bare = await operator.browser.post(`${world.issuer}/admin/keys/rotate`, { confirm: 'yes' });
      const foreign = await operator.browser.submit(page, { confirm: 'yes' }, { action: '/rotate', crossSite: true });
      const headers = { 'sec-fetch-site': 'cross-site', origin: 'https://elsewhere.example' };
      const framed = await operator.browser.submit(page, { confirm: 'yes' }, { action: '/rotate', headers });
      expect([bare.status, framed.status]).toEqual([403, 403]);
      // It came without the cookie, was sent to sign in, and is back at the beginning: the form is not sent again.
      expect(foreign.url).toBe(`${world.issuer}/admin`);
      expect(await rows('keys.rotate')).toEqual(before);
    });

    it('with a field twice is no form of ours', async () => {
      const page = await operator.at('/keys');
      const twice = await operator.send(page, '/rotate', { leaked: ['yes', ''] });
      expect(twice.status).toBe(400);
    });

    it('that the use case refuses says why in its words, with a way out', async () => {
      const [key] = await world.store.keys.signingKeys();
      const page = await operator.at('/keys');
      const gone = await operator.sendAndConfirm(page, '/retire', { kid: '"><b>none' });
      expect([gone.status, gone.body]).toEqual([
        404,
        expect.stringContaining('There is no key &quot;&gt;&lt;b&gt;none.'),
      ]);
      expect(key?.retiredAt).toBeUndefined();
    });
  });
});
