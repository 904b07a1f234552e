import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { addTotp, codeOf, keyOn, recoveryCodesOn } from '../support/authenticator-app.ts';
import { type Browser, createBrowser, type Page } from '../support/browser.ts';
import { backToNow, letPass, SECOND } from '../support/moving-time.ts';
import { addAccount, describeFlows, startWorld, type World } from '../support/product.ts';

const MINUTE = 60 * SECOND;

describeFlows('the step-up of an account that has more than its password', () => {
  let world: World<'wiki'>;
  let count = 0;

  beforeAll(async () => {
    world = await startWorld({ apps: { wiki: {} } });
  });
  afterEach(() => backToNow());
  afterAll(() => world.stop());

  interface Somebody {
    readonly username: string;
    readonly key: string;
    readonly codes: readonly string[];
    /** Signed in by the password alone, before there was more. */
    readonly phone: Browser;
    /** Where the authenticator app was added. */
    readonly laptop: Browser;
  }

  async function somebody(): Promise<Somebody> {
    count += 1;
    const username = `person${count}`;
    await addAccount(world.store, username);
    const [laptop, phone] = [createBrowser(), createBrowser('a phone')];
    for (const one of [laptop, phone]) await world.apps.wiki.signIn(one, { username });
    const { key, page } = await addTotp(laptop, world.issuer);
    return { username, key, codes: recoveryCodesOn(page), phone, laptop };
  }

  const factors = (browser: Browser) => browser.get(`${world.issuer}/account/factors`);
  const fieldsOf = ({ forms }: Page) => forms[0]?.fields ?? {};
  const live = async (username: string) =>
    (await world.store.sessions.list({ accountId: await world.accountId(username), state: 'live' }, { limit: 9 }))
      .length;

  it('ends other sessions by the password alone: the phone with the codes may be what was stolen', async () => {
    const { username, laptop } = await somebody();
    letPass(16 * MINUTE);
    const asked = await laptop.submit(await laptop.get(`${world.issuer}/devices`), { what: 'others' }, END);

    const done = await laptop.submit(asked, { password: world.password }, END);

    expect(fieldsOf(asked)).toHaveProperty('password');
    expect(fieldsOf(asked)).not.toHaveProperty('proof_code');
    expect(new URL(done.url).pathname).toMatch(/^\/logout\//u);
    expect(await live(username)).toBe(1);
  });

  it('does not remember a password that would not have signed in alone', async () => {
    const { username, laptop } = await somebody();
    letPass(16 * MINUTE);
    const devices = await laptop.get(`${world.issuer}/devices`);
    const asked = await laptop.submit(devices, { what: 'app-everywhere', client_id: 'wiki' }, END);
    await laptop.submit(asked, { password: world.password }, END);

    const again = await laptop.submit(devices, { what: 'others' }, END);

    expect(fieldsOf(again)).toHaveProperty('password');
    expect(await live(username)).toBe(2);
  });

  it('asks for a code as well before it changes what the account has, and remembers both', async () => {
    const { username, key, laptop } = await somebody();
    letPass(16 * MINUTE);
    const asked = await laptop.submit(await factors(laptop), {}, CODES);
    const without = await laptop.submit(asked, { password: world.password, proof_code: '' }, CODES);
    const wrong = await laptop.submit(asked, { password: world.password, proof_code: '000000' }, CODES);
    const wrongPassword = await laptop.submit(asked, { password: 'wrong', proof_code: codeOf(key) }, CODES);

    const done = await laptop.submit(asked, { password: world.password, proof_code: codeOf(key) }, CODES);

    expect(fieldsOf(asked)).toMatchObject({ password: '', proof_code: '' });
    expect([without.status, wrong.status, wrongPassword.status]).toEqual([400, 401, 401]);
    expect(recoveryCodesOn(done)).toHaveLength(10);
    expect(recoveryCodesOn(await laptop.submit(await factors(laptop), {}, CODES))).toHaveLength(10);
    expect((await world.store.credentials.ofAccount(await world.accountId(username))).recoveryCodes).toBe(10);
  });

  it('takes a recovery code in the place of the code', async () => {
    const { codes, laptop } = await somebody();
    letPass(16 * MINUTE);
    const asked = await laptop.submit(await factors(laptop), {}, TOTP);

    const offer = await laptop.submit(asked, { password: world.password, proof_code: codes[0] ?? '' }, TOTP);

    expect(keyOn(offer)).not.toBe('');
  });

  it('asks for it in a session that was begun by less, however fresh that is', async () => {
    const { username, key, phone } = await somebody();
    const [credential] = (await world.store.credentials.ofAccount(await world.accountId(username))).list;
    const page = await factors(phone);

    const removal = await phone.submit(page, { id: credential?.id ?? '', decision: 'remove' }, REMOVE);
    const asked = await phone.submit(page, {}, TOTP);
    const offer = await phone.submit(asked, { password: world.password, proof_code: codeOf(key, 1) }, TOTP);

    expect(fieldsOf(removal)).toMatchObject({ password: '', proof_code: '', decision: 'remove' });
    expect(keyOn(offer)).not.toBe('');
    expect((await world.store.credentials.ofAccount(await world.accountId(username))).list).toEqual([
      { ...credential, lastStep: expect.any(Number), lastUsedAt: expect.any(Number) },
    ]);
  });

  it('is not asked for where it was added a moment ago', async () => {
    const { laptop } = await somebody();

    expect(recoveryCodesOn(await laptop.submit(await factors(laptop), {}, CODES))).toHaveLength(10);
  });
});

const END = { action: '/devices/end' };
const CODES = { action: '/codes' };
const TOTP = { action: '/totp' };
const REMOVE = { action: '/remove' };
