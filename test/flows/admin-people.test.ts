/** One person at the pages of operators: found, shown, signed off, disabled, given a new password. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { aMail } from '../store/suite/news-fixture.ts';
import { createBrowser, type Page } from '../support/browser.ts';
import { backToNow, letPass, SECOND } from '../support/moving-time.ts';
import { anOperator, type OperatorAtWork, wordsOf } from '../support/operators.ts';
import { addAccount, describeFlows, startWorld, type World } from '../support/product.ts';

const MINUTE = 60 * SECOND;
const PHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148 Safari/604.1';

describeFlows('people at the pages of operators', () => {
  let world: World<'wiki' | 'pay'>;
  let support: OperatorAtWork;
  let operator: OperatorAtWork;

  beforeAll(async () => {
    world = await startWorld({ apps: { wiki: {}, pay: { file: { backchannel_logout_uri: undefined } } } });
    support = await anOperator(world, 'support');
    operator = await anOperator(world, 'operator');
  });
  afterEach(() => backToNow());
  afterAll(() => world.stop());

  let people = 0;
  /** Somebody new, signed in at both apps on a laptop and at one on a phone. */
  async function somebody() {
    people += 1;
    const username = `person-${people}`;
    const id = await addAccount(world.store, username, { name: `Person <${people}>` });
    const [laptop, phone] = [createBrowser(), createBrowser(PHONE)];
    const onLaptop = await world.apps.wiki.signIn(laptop, { username });
    await world.apps.pay.signIn(laptop, { username });
    const onPhone = await world.apps.wiki.signIn(phone, { username });
    return { username, id, onLaptop, onPhone, path: `/people/${id}` };
  }

  const live = async (accountId: string) =>
    (await world.store.sessions.list({ accountId, state: 'live' }, { limit: 50 })).map(({ session }) => session);
  const lastRow = async () => (await world.store.audit.list({}, 1))[0];
  const sidsAtWiki = () => world.apps.wiki.received.map(({ claims }) => claims.sid);

  describe('finding', () => {
    it('is by user name or id, and leads to the account', async () => {
      const { username, id } = await somebody();
      for (const wanted of [username, id, username.toUpperCase()]) {
        const page = await support.send(await support.at('/people'), '/people', { account: wanted });
        expect(page.url).toBe(`${world.issuer}/admin/people/${id}`);
      }
      const none = await support.at(`/people?account=${encodeURIComponent('"><i>nobody')}`);
      expect(none.body).toContain('There is no account &quot;&gt;&lt;i&gt;nobody.');
      expect(wordsOf(none)).toContain(username);
    });

    it('is by how a user name begins: shown at once where it is the only one, else listed, page by page', async () => {
      const only = await addAccount(world.store, 'Beginning-Only');
      const one = await support.at('/people?account=beginning-o');
      expect(one.url).toBe(`${world.issuer}/admin/people/${only}`);
      for (let count = 0; count < 60; count += 1) await addAccount(world.store, `many-${count}`);
      const first = await support.at('/people?account=Many-');
      expect(first.body).toContain('<bdi>many-1</bdi>');
      expect(first.body).not.toContain('<bdi>Beginning-Only</bdi>');
      const next = /href="([^"]*)">Next page</u.exec(first.body)?.[1]?.replaceAll('&amp;', '&') ?? '';
      const second = await support.browser.get(new URL(next, world.issuer).href);
      const names = [first, second].flatMap(({ body }) => [...body.matchAll(/<bdi>(many-\d+)<\/bdi>/gu)]);
      expect(new Set(names.map(([, name]) => name)).size).toBe(60);
    });

    it('is by a verified e-mail address', async () => {
      const claims = { email: 'kim@example.com', email_verified: true };
      const id = await addAccount(world.store, 'somebody-with-mail', claims);
      const page = await support.at('/people?account=Kim%40Example.com');
      expect(page.url).toBe(`${world.issuer}/admin/people/${id}`);
    });

    it('shows all of them, page by page', async () => {
      for (let count = 0; count < 60; count += 1) await addAccount(world.store, `crowd-${count}`);
      const seen = new Set<string>();
      let page: Page = await support.at('/people');
      for (let pages = 0; pages < 5; pages += 1) {
        for (const [, name = ''] of page.body.matchAll(/<bdi>(crowd-\d+)<\/bdi>/gu)) seen.add(name);
        const next = /href="([^"]*)">Next page</u.exec(page.body)?.[1];
        if (next === undefined) break;
        page = await support.browser.get(new URL(next, world.issuer).href);
        expect(page.body).toContain('>First page</a>');
      }
      expect(seen.size).toBe(60);
    });

    it('somebody who is not there is a page with a way back', async () => {
      const page = await support.at('/people/nobody');
      expect([page.status, wordsOf(page)]).toEqual([404, expect.stringContaining('There is no account nobody.')]);
      expect(page.body).toContain('href="/admin/people">Back</a>');
    });
  });

  it('shows who it is, where it is signed in, and only what the role can do', async () => {
    const { path, id } = await somebody();
    const seen = await support.at(path);
    for (const words of ['Active', 'Firefox on Linux', 'Safari on iPhone', 'wiki', 'pay', 'End all sessions']) {
      expect(wordsOf(seen)).toContain(words);
    }
    expect(seen.body).not.toMatch(/Disable|Set a password|Delete|reset-factors|Change claims/u);
    const [session] = await live(id);
    const one = await support.at(`${path}/sessions/${session?.uid}`);
    expect(wordsOf(one)).toContain('Apps in this session');
    expect(wordsOf(await operator.at(path))).toMatch(/Set a password.*Disable.*Delete/u);
  });

  describe('sessions of anybody', () => {
    it('are found by app, account, state and address, and lead to theirs', async () => {
      const { username, id } = await somebody();
      const found = await support.at(`/sessions?client=pay&account=${username}&state=live&ip=127.0.0.1`);
      expect(found.body).toContain(`href="/admin/people/${id}">`);
      expect(wordsOf(found)).toMatch(/Firefox on Linux/u);
      expect(wordsOf(found)).not.toContain('Safari on iPhone');
      expect(found.body).toContain(`value="${username}"`);
      expect(wordsOf(await support.at(`/sessions?account=${username}&ip=192.0.2.7`))).toContain(
        'There are no sessions.',
      );
    });

    it('a filter that cannot be read is told so by the use case', async () => {
      const page = await support.at('/sessions?ip=here&since=yesterday');
      expect([page.status, wordsOf(page)]).toEqual([
        422,
        expect.stringMatching(/ip must be an address like.*since must be an instant like/u),
      ]);
    });
  });

  it('mails are shown without their links, and sent again by operators', async () => {
    const { path, id } = await somebody();
    // Due in an hour: nothing sends it meanwhile.
    const at = Date.now() + 60 * MINUTE;
    const mail = aMail({ accountId: id, to: 'p@example.test', at, giveUpAt: 2 * at, sealedToken: 'v1.sealed' });
    await world.store.mails.post({ events: [], mails: [mail] });
    const page = await support.at(`${path}/mails`);
    expect(wordsOf(page)).toMatch(/password p@example\.test Waiting/u);
    expect([page.body.includes('v1.sealed'), page.forms]).toEqual([false, []]);
    const again = await operator.send(await operator.at(`${path}/mails`), '/again', { id: mail.id });
    expect(wordsOf(again)).toContain('The mail is sent now.');
    expect(await lastRow()).toMatchObject({ action: 'mails.retry', subject: `mail ${mail.id}` });
  });

  describe('signing somebody off', () => {
    it('one session: its numbers, then it ends, its app is told, and the audit says who and why', async () => {
      const { path, id, onPhone } = await somebody();
      const phone = (await live(id)).find(({ device }) => device.name.includes('iPhone'));
      const asked = await support.send(await support.at(path), '/end', { session: phone?.uid ?? '' });
      expect(wordsOf(asked)).toContain('1 session ends, with 1 sign-in at 1 app.');
      expect(await live(id)).toHaveLength(2);
      const done = await support.browser.submit(asked, { reason: 'lost phone' });
      expect(new URL(done.url).pathname).toMatch(/^\/admin\/logouts\/[\w-]+$/u);
      await world.apps.wiki.waitForSids([onPhone.claims.sid]);
      expect((await live(id)).map(({ device }) => device.name)).toEqual(['Firefox on Linux']);
      expect(await lastRow()).toMatchObject({
        action: 'logouts.end',
        actor: { kind: 'account', id: support.accountId },
        subject: `session ${phone?.uid}`,
        reason: 'lost phone',
      });
    });

    it('one app in all sessions: the sessions go on', async () => {
      const { path, id, onPhone, onLaptop } = await somebody();
      await support.sendAndConfirm(await support.at(path), '/end', { client: 'wiki', session: [] });
      await world.apps.wiki.waitForSids([onPhone.claims.sid, onLaptop.claims.sid]);
      expect(await live(id)).toHaveLength(2);
    });

    it('all of it: says who cannot be told', async () => {
      const { path, id, onPhone, onLaptop } = await somebody();
      const page = await support.at(path);
      const csrf = page.forms.find(({ fields }) => 'csrf' in fields)?.fields['csrf'] ?? '';
      const asked = await support.browser.post(`${world.issuer}/admin${path}/end`, { csrf });
      expect(wordsOf(asked)).toMatch(/2 sessions end, with 3 sign-ins at 2 apps\. .*Cannot be told.* pay\./u);
      await support.browser.submit(asked);
      await world.apps.wiki.waitForSids([onPhone.claims.sid, onLaptop.claims.sid]);
      expect(await live(id)).toEqual([]);
    });

    it("somebody else's session under this account's address is none, and goes on", async () => {
      const [one, other] = [await somebody(), await somebody()];
      const [session] = await live(other.id);
      const page = await support.at(one.path);
      const before = sidsAtWiki().length;
      const sent = await support.send(page, '/end', { session: session?.uid ?? '', confirm: 'yes' });
      const shown = await support.at(`${one.path}/sessions/${session?.uid}`);
      expect([sent.status, shown.status, (await live(other.id)).length]).toEqual([404, 404, 2]);
      expect(sidsAtWiki()).toHaveLength(before);
    });
  });

  describe('changing an account', () => {
    it('a new one is made, with what is wrong beside its field first', async () => {
      const page = await operator.at('/people');
      const fields = { username: 'freshly-made', new_password: 'a quite different sentence', claims: '{"nmae": 1' };
      const wrong = await operator.send(page, '/people/add', { ...fields, new_password: 'short' });
      expect([wrong.status, wordsOf(wrong)]).toEqual([422, expect.stringMatching(/Claims must be/u)]);
      const done = await operator.send(wrong, '/people/add', { ...fields, claims: '{"name": "Fresh <b>"}' });
      expect(wordsOf(done)).toMatch(/There is the account\..*freshly-made/u);
      const account = await world.store.accounts.findByUsername('freshly-made');
      expect(account?.claims).toMatchObject({ name: 'Fresh <b>' });
      expect(await lastRow()).toMatchObject({ action: 'accounts.add', subject: `account ${account?.id}` });
    });

    it('claims are changed, and what is not there any more is taken away', async () => {
      const { path, id } = await somebody();
      const page = await operator.at(`${path}/claims`);
      const form = page.forms.find(({ action }) => action.endsWith('/claims'));
      expect(JSON.parse(form?.fields['claims'] ?? '')).toMatchObject({ name: expect.stringContaining('Person <') });
      const done = await operator.send(page, '/claims', { claims: '{"nickname": "P"}', reason: 'married' });
      expect(wordsOf(done)).toContain('The claims are changed.');
      const { claims } = (await world.store.accounts.find(id)) ?? { claims: {} };
      expect(claims).toEqual({ nickname: 'P', updated_at: expect.any(Number) });
      expect((await live(id)).length).toBe(2);
    });

    it('disabling says its numbers, ends all of it, and is taken back by enabling', async () => {
      const { path, id, onLaptop } = await somebody();
      const asked = await operator.send(await operator.at(path), '/disable');
      expect(wordsOf(asked)).toContain('2 sessions end');
      const done = await operator.browser.submit(asked, { reason: 'left us' });
      expect(wordsOf(done)).toMatch(/The account is disabled.*Disabled/u);
      await world.apps.wiki.waitForSids([onLaptop.claims.sid]);
      expect((await world.store.accounts.find(id))?.state).toBe('disabled');
      const enabled = await operator.send(done, '/enable');
      expect(wordsOf(enabled)).toContain('The account may sign in again.');
      expect((await world.store.accounts.find(id))?.state).toBe('active');
    });

    it('a new password: the words of the rules beside the field, and then it is the one', async () => {
      const { path, username, id } = await somebody();
      const page = await operator.at(`${path}/password`);
      const weak = await operator.send(page, '/password', { new_password: 'short' });
      expect([weak.status, wordsOf(weak)]).toEqual([422, expect.stringMatching(/New password is shorter than 8/u)]);
      expect(weak.body).toMatch(/<input id="field-new_password"[^>]*aria-invalid="true"/u);
      expect(weak.body).not.toContain('value="short"');
      const done = await operator.send(weak, '/password', { new_password: 'a quite different sentence' });
      expect(wordsOf(done)).toContain('There is a new password');
      expect(await live(id)).toEqual([]);
      const again = await world.apps.wiki.signIn(createBrowser(), { username, password: 'a quite different sentence' });
      expect(again.claims.sub).toEqual(expect.any(String));
    });

    it('a new password is typed again where the own one is asked for, and never stands in a page', async () => {
      const { path, id } = await somebody();
      const page = await operator.at(`${path}/password`);
      letPass(16 * MINUTE);
      const stepUp = await operator.send(page, '/password', { new_password: 'a quite different sentence' });
      expect(stepUp.forms[0]?.fields).toHaveProperty('password', '');
      expect(stepUp.body).not.toContain('a quite different sentence');
      const again = await operator.browser.submit(stepUp, { password: world.password });
      expect([again.status, again.forms[0]?.fields]).toEqual([422, expect.objectContaining({ new_password: '' })]);
      expect(await live(id)).toHaveLength(2);
    });

    it('deleting wants its word', async () => {
      const { path, id } = await somebody();
      const asked = await operator.send(await operator.at(path), '/delete');
      const wrong = await operator.browser.submit(asked, { confirm: 'yes' });
      expect([wrong.status, (await world.store.accounts.find(id))?.state]).toEqual([422, 'active']);
      const done = await operator.browser.submit(wrong, { confirm: 'delete' });
      expect(done.url).toBe(`${world.issuer}/admin/people`);
      expect((await world.store.accounts.find(id))?.state).toBe('deleted');
    });

    it('second factors are shown, and taken away', async () => {
      const { path, id } = await somebody();
      const facts = { accountId: id, name: 'Phone', createdAt: Date.now(), lastUsedAt: undefined };
      await world.store.credentials.add({
        credential: { ...facts, id: 't1', kind: 'totp', sealedSecret: 'x', lastStep: 0 },
        recoveryHashes: ['a', 'b'],
        news: { events: [], mails: [] },
      });
      const page = await operator.at(path);
      expect(wordsOf(page)).toContain('totp; 2 recovery codes');
      const done = await operator.sendAndConfirm(page, '/reset-factors');
      expect(wordsOf(done)).toMatch(/The second factors are gone.*Second factors none/u);
    });

    it.each([
      'disable',
      'enable',
      'reset-factors',
      'delete',
      'password',
      'claims',
    ])('%s is refused to support, whose pages do not show it', async (act) => {
      const { path, id } = await somebody();
      const page = await support.at(path);
      const csrf = page.forms.find(({ fields }) => 'csrf' in fields)?.fields['csrf'] ?? '';
      const fields = { csrf, confirm: 'yes', new_password: 'a quite different sentence' };
      const sent = await support.browser.post(`${world.issuer}/admin${path}/${act}`, fields);
      expect([sent.status, (await world.store.accounts.find(id))?.state, (await live(id)).length]).toEqual([
        403,
        'active',
        2,
      ]);
      if (act === 'password' || act === 'claims') expect((await support.at(`${path}/${act}`)).status).toBe(403);
    });
  });
});
