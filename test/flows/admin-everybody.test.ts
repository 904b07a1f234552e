/** Everybody signed off at the pages of operators: by owners, with numbers and a word, once, watched, paused and gone on. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../spec/scene.ts';
import { createBrowser, type Page } from '../support/browser.ts';
import { signIn } from '../support/builders.ts';
import { anOperator, groupsOn, type OperatorAtWork, wordsOf } from '../support/operators.ts';
import { addAccount, describeFlows, startWorld, type World } from '../support/product.ts';

describeFlows('everybody at the pages of operators', () => {
  let world: World<'wiki' | 'pay'>;
  let owner: OperatorAtWork;

  beforeEach(async () => {
    world = await startWorld({ apps: { wiki: {}, pay: { file: { backchannel_logout_uri: undefined } } } });
    owner = await anOperator(world, 'owner');
  });
  afterEach(() => world.stop());

  /** Sessions at the wiki, made in the store. */
  async function crowd(sessions: number): Promise<void> {
    const accountId = await addAccount(world.store, 'crowd');
    for (let n = 0; n < sessions; n += 1) await signIn(world.store, { accountId, at: Date.now() });
  }
  const logouts = async () =>
    (await world.store.logouts.list({}, { limit: 50 })).filter(({ target }) => target.kind === 'everybody');
  const begin = async (fields = {}) => owner.send(await owner.at('/everybody'), '/everybody', fields);

  it('shows its numbers, wants its word, keeps the own session, tells every app, and the audit has the reason', async () => {
    const browser = createBrowser();
    const { claims } = await world.apps.wiki.signIn(browser);
    await world.apps.pay.signIn(browser);
    const asked = await begin({ reason: 'a leak' });
    expect(wordsOf(asked)).toMatch(/1 session ends, with 2 sign-ins at 2 apps\. .*Cannot be told.* pay\./u);
    const wrong = await owner.browser.submit(asked, { confirm: 'yes' });
    expect([wrong.status, await logouts()]).toEqual([422, []]);
    const page = await owner.browser.submit(wrong, { confirm: 'everybody' });
    await world.apps.wiki.waitForSids([claims.sid]);
    const [logout] = await logouts();
    expect(page.url).toBe(`${world.issuer}/admin/logouts/${logout?.id}`);
    expect(wordsOf(page)).toContain('Everybody was signed off but for one session');
    expect(wordsOf(await owner.at('/audit?action=logouts.end'))).toContain('a leak');
    expect((await owner.at()).status).toBe(200);
    const [row] = (await world.store.audit.list({}, 1)) ?? [];
    expect(row).toMatchObject({
      subject: 'everybody',
      reason: 'a leak',
      actor: { kind: 'account', id: owner.accountId },
    });
  });

  it('ends the own session too, where it is not kept', async () => {
    const page = await owner.browser.submit(await begin({ keep: [] }), { confirm: 'everybody' });
    expect((await logouts()).length).toBe(1);
    expect(page.forms[0]?.fields).toHaveProperty('password');
  });

  it('is walked at its pace, watched, paused, given another pace, and over', async () => {
    await crowd(160);
    const page = await owner.browser.submit(await begin({ rate: '20' }), { confirm: 'everybody' });
    expect(wordsOf(page)).toMatch(/\d+ sessions? ended, 20 a second; at most \d+ are left, for about \d+ second/u);
    expect(page.body).toContain('/events"');
    expect(wordsOf(await owner.at('/everybody'))).toMatch(/Under way.*Everybody was signed off.*Being walked/u);
    const paused = await owner.send(page, '/pause');
    expect(wordsOf(paused)).toMatch(/Paused\. All of it is dead already.*It is paused\./u);
    expect(paused.body).toMatch(/>Go on</u);
    const wrong = await owner.send(paused, '/resume', { rate: 'fast' });
    expect([wrong.status, (await logouts())[0]]).toEqual([422, expect.objectContaining({ paused: true })]);
    const resumed = await owner.send(paused, '/resume', { rate: '10000' });
    expect(wordsOf(resumed)).toContain('It goes on.');
    await eventually(async () => (await logouts())[0]?.walking === false);
    await eventually(async () => (await world.store.deliveries.list({ state: 'trying' }, { limit: 1 })).length === 0);
    const over = await owner.at(new URL(page.url).pathname.replace('/admin', ''));
    expect(wordsOf(over)).toMatch(/Over\..*160 of 160 sign-ins told/u);
    expect(over.body).not.toMatch(/>Pause<|live\.js|data-events/u);
    const late = await owner.send(page, '/pause');
    expect([late.status, wordsOf(late)]).toEqual([409, expect.stringContaining('there is nothing to pause')]);
  });

  it('is one walk for a button that is pressed twice', async () => {
    await crowd(160);
    const asked = await begin({ rate: '20' });
    const twice = await Promise.all([1, 2].map(() => owner.browser.submit(asked, { confirm: 'everybody' })));
    expect(await logouts()).toHaveLength(1);
    for (const page of twice) expect(wordsOf(page)).toMatch(/The button was pressed twice|The apps are being told/u);
  });

  it('is one walk for two tabs: the second says that it was done, and by which logout', async () => {
    const [one, other] = [await begin(), await begin()];
    await owner.browser.submit(one, { confirm: 'everybody' });
    const second = await owner.browser.submit(other, { confirm: 'everybody' });
    const [logout] = await logouts();
    expect(await logouts()).toHaveLength(1);
    expect(wordsOf(second)).toContain('Everybody was signed off after this page was made. Nothing more was done.');
    expect(second.body).toContain(`/admin/logouts/${logout?.id}"`);
    await owner.browser.submit(await begin(), { confirm: 'everybody' });
    expect(await logouts()).toHaveLength(2);
  });

  describe('for those who are no owners', () => {
    it.each([
      'support',
      'operator',
    ] as const)('%s sees no such group, is refused, and steers no such walk', async (role) => {
      await crowd(160);
      const other = await anOperator(world, role);
      const browser = createBrowser();
      await world.apps.wiki.signIn(browser);
      expect(groupsOn(await other.at())).not.toContain('Everybody');
      expect((await other.at('/everybody')).status).toBe(403);
      const csrf = csrfIn(await other.at(`/people/${await world.accountId('alice')}`));
      const post = (path: string) =>
        other.browser.post(`${world.issuer}/admin${path}`, {
          csrf,
          confirm: 'everybody',
          seen: new Date().toISOString(),
        });
      expect([(await post('/everybody')).status, await logouts()]).toEqual([403, []]);
      const page = await owner.browser.submit(await begin({ rate: '20' }), { confirm: 'everybody' });
      const path = new URL(page.url).pathname.replace('/admin', '');
      const again = await anOperator(world, role, `${role}-again`);
      const seen = await again.at(path);
      expect(seen.status).toBe(200);
      expect(seen.body).not.toMatch(/\/pause"|\/resume"/u);
      const mine = csrfIn(await again.at(`/people/${again.accountId}`));
      for (const act of ['pause', 'resume']) {
        const sent = await again.browser.post(`${world.issuer}/admin${path}/${act}`, { csrf: mine });
        expect(sent.status).toBe(403);
      }
      expect((await logouts())[0]).toMatchObject({ walking: true, paused: false });
    });
  });
});

function csrfIn({ forms }: Page): string {
  return forms.find(({ fields }) => 'csrf' in fields)?.fields['csrf'] ?? '';
}
