import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cookieNames } from '../../../src/oidc/cookies.ts';
import type { Exchange } from '../../../src/oidc/interaction-lookup.ts';
import { send } from '../../support/browser.ts';
import { createPerson, type Rig, startRig } from './rig.ts';

const issuer = 'https://id.example.test';
const query = new URLSearchParams({
  client_id: 'a',
  response_type: 'code',
  scope: 'openid',
  redirect_uri: 'http://a.test/cb',
  code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  code_challenge_method: 'S256',
});

/** A request with these cookies, and what is answered to it. */
function anExchange(cookie: string): { exchange: Exchange; headers: Map<string, string[]> } {
  const headers = new Map<string, string[]>();
  const res = {
    getHeader: (name: string) => headers.get(name.toLowerCase()),
    setHeader: (name: string, value: string[]) => void headers.set(name.toLowerCase(), value),
  };
  return { exchange: { req: { headers: { cookie } }, res } as unknown as Exchange, headers };
}

describe('W1 cookies of an https issuer behind a proxy that speaks http to us', () => {
  let rig: Rig;
  const jar = new Map<string, string>();
  /** Attributes by name, as last set. */
  const attributes = new Map<string, string>();

  async function step(method: 'GET' | 'POST', address: string, body = ''): Promise<string> {
    const url = new URL(address.replace(issuer, rig.base), rig.base);
    const answer = await send(
      method,
      url,
      {
        cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; '),
        'content-type': 'application/x-www-form-urlencoded',
        'content-length': String(body.length),
      },
      body,
    );
    for (const line of answer.headers['set-cookie'] ?? []) {
      const [pair = '', ...rest] = line.split('; ');
      const name = pair.slice(0, pair.indexOf('='));
      jar.set(name, pair.slice(pair.indexOf('=') + 1));
      attributes.set(name, rest.join('; ').toLowerCase());
    }
    return answer.headers.location ?? answer.body;
  }

  beforeAll(async () => {
    rig = await startRig({ config: { issuer } });
    const page = await step('GET', `/auth?${query}`);
    expect(page).toMatch(/^\/interaction\//);
    const account = await rig.account();
    expect(await step('POST', page, `account=${account.id}`)).toMatch(/^http:\/\/a\.test\/cb\?code=/);
  });
  afterAll(() => rig.close());

  it('the session is __Host-, Secure, HttpOnly, SameSite=Lax, of the whole host', () => {
    for (const name of ['__Host-signoff', '__Host-signoff.sig']) {
      const set = attributes.get(name)?.split('; ');
      expect(set).toEqual(expect.arrayContaining(['path=/', 'secure', 'httponly', 'samesite=lax']));
      expect(set?.some((one) => one.startsWith('domain'))).toBe(false);
    }
  });

  it('so are the name of the browser and what a new one is given beside it until it has signed in', () => {
    const begun = [...attributes].filter(([name]) => name.startsWith('__Host-signoff_begun_'));
    expect(begun).toHaveLength(1);
    for (const set of [attributes.get('__Host-device'), begun[0]?.[1]]) {
      expect(set?.split('; ')).toEqual(expect.arrayContaining(['path=/', 'secure', 'httponly', 'samesite=lax']));
    }
    expect(begun[0]?.[1]).toContain('expires=thu, 01 jan 1970');
  });

  it('no cookie of the library reaches the browser', () => {
    expect([...attributes.keys()].filter((name) => name.includes('stock'))).toEqual([]);
  });

  it('W2 clearing the session clears the name from before https too', async () => {
    const { exchange, headers } = anExchange('');
    rig.oidc.clearSessionCookie(exchange);
    const cleared = (headers.get('set-cookie') ?? []).map((line) => line.toLowerCase());
    for (const name of ['__host-signoff', '__host-signoff.sig', 'signoff', 'signoff.sig']) {
      const line = cleared.find((one) => one.startsWith(`${name}=`));
      expect([name, line]).toEqual([name, expect.stringContaining('expires=thu, 01 jan 1970')]);
      expect(line).toContain('secure');
    }
  });
});

describe('who is signed in here', () => {
  it('is read from a signed cookie; nothing is saved', async () => {
    const rig = await startRig();
    try {
      const account = await rig.account();
      const person = createPerson(rig, account);
      await person.signIn('a');
      const { session: cookie } = cookieNames(rig.issuer);
      const [session, signature] = [cookie, `${cookie}.sig`].map((name) =>
        person.browser.cookies().find((one) => one.name === name),
      );
      const ask = (cookie: string) => rig.oidc.sessionOf(anExchange(cookie).exchange);
      const whole = `${cookie}=${session?.value}; ${cookie}.sig=${signature?.value}`;
      expect((await ask(whole))?.session.accountId).toBe(account.id);
      expect(await ask(`${cookie}=${session?.value}; ${cookie}.sig=forged`)).toBeUndefined();
      expect(await ask('')).toBeUndefined();
    } finally {
      await rig.close();
    }
  });
});
