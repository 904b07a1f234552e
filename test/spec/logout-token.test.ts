/** OpenID Connect Back-Channel Logout 1.0 §2.1, §2.4, §2.6: what a logout token is. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createBrowser } from '../support/browser.ts';
import { startWorld, type World } from '../support/product.ts';
import type { ReceivedToken, RelyingParty, Tokens } from '../support/relying-party.ts';
import { claimsOf, headerOf, json, refresh, signOff } from './scene.ts';

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';

const APPS = {
  wiki: {},
  es256: { file: { id_token_signed_response_alg: 'ES256' } },
  ps256: { file: { id_token_signed_response_alg: 'PS256' } },
  eddsa: { file: { id_token_signed_response_alg: 'EdDSA' } },
  pairwise: { file: { subject_type: 'pairwise' } },
  'sid-only': { file: { logout: { subject: 'sid' } } },
  'old-typ': { file: { logout: { token_typ: 'JWT' } } },
  short: { file: { logout: { token_ttl: '30s' } } },
  required: { file: { backchannel_logout_session_required: true } },
} as const;
type Name = keyof typeof APPS;
const NAMES = Object.keys(APPS) as Name[];

describe('the logout token', () => {
  let world: World<Name>;
  /** One person signed in at every app, then signed off everywhere by the first. */
  const signIns = {} as Record<Name, Tokens>;
  const refreshed = {} as Record<Name, string>;
  const told = {} as Record<Name, ReceivedToken>;

  beforeAll(async () => {
    world = await startWorld({ apps: APPS });
    const browser = createBrowser();
    for (const name of NAMES) {
      signIns[name] = await world.apps[name].signIn(browser);
      refreshed[name] = String((await refresh(world.apps[name], signIns[name])).json['id_token']);
    }
    await signOff(browser, world.apps.wiki, signIns.wiki);
    for (const name of NAMES) told[name] = await only(world.apps[name]);
  });
  afterAll(() => world.stop());

  describe.each(NAMES)('for the client "%s"', (name) => {
    it('B3 ID tokens carry a sid, whatever the client registered, the same when refreshed', () => {
      const { sid } = signIns[name].claims;

      expect(sid).toMatch(/^[\x20-\x7e]+$/);
      expect(claimsOf(refreshed[name]).sid).toBe(sid);
    });

    it('B10 a logout token has iss, aud, iat, exp, jti and the one event with an empty object', () => {
      const { claims } = told[name];

      expect(claims.iss).toBe(world.issuer);
      expect(claims.aud).toBe(name);
      expect(Math.abs((claims.iat ?? 0) * 1000 - told[name].at)).toBeLessThan(5_000);
      expect(claims.exp).toEqual(expect.any(Number));
      expect(claims.jti).toMatch(/^[\w-]{16,}$/);
      expect(claims['events']).toStrictEqual({ [EVENT]: {} });
    });

    it('B11 sub and sid are those of the ID token at that app', () => {
      const { sub, sid } = signIns[name].claims;

      expect(told[name].claims.sid).toBe(sid);
      expect(told[name].claims.sub).toBe(name === 'sid-only' ? undefined : sub);
    });

    it('B12 a logout token has no nonce, nor any claim that nobody needs', () => {
      const wanted = ['iss', 'aud', 'iat', 'exp', 'jti', 'events', 'sid', ...(name === 'sid-only' ? [] : ['sub'])];

      expect(Object.keys(told[name].claims).sort()).toEqual(wanted.sort());
    });

    it('B13 it is signed with a published key, never "none"', async () => {
      const { keys } = (await json(`${world.issuer}/jwks`)) as { keys: { kid: string; alg: string }[] };
      const { alg, kid } = told[name].header;

      // The app verified the signature before it counted the token; this is which key it was.
      expect(world.apps[name].bad).toEqual([]);
      expect(told[name].raw.split('.')).toHaveLength(3);
      expect(told[name].raw.split('.')[2]).not.toBe('');
      expect(keys).toContainEqual(expect.objectContaining({ kid, alg }));
    });

    it('B15 its typ is logout+jwt, unless the client file says JWT', () => {
      expect(told[name].header.typ).toBe(name === 'old-typ' ? 'JWT' : 'logout+jwt');
    });

    it('B16 same key and algorithm as the ID tokens of that client', () => {
      const { alg, kid } = headerOf(signIns[name].idToken);

      expect(told[name].header).toMatchObject({ alg, kid });
    });

    it('B23 exp is at most two minutes ahead', () => {
      const { iat = 0, exp = 0 } = told[name].claims;

      expect(exp - iat).toBe(name === 'short' ? 30 : 120);
      expect(exp * 1000 - told[name].at).toBeLessThanOrEqual(120_000);
    });
  });

  it('B10 each logout token has a jti of its own', () => {
    expect(new Set(NAMES.map((name) => told[name].claims.jti)).size).toBe(NAMES.length);
  });

  it('B16 the algorithm is the one each client registered, RS256 where it registered none', () => {
    const algs = (['wiki', 'es256', 'ps256', 'eddsa'] as const).map((name) => told[name].header.alg);

    expect(algs).toEqual(['RS256', 'ES256', 'PS256', 'EdDSA']);
  });

  it('B29a the default is sub and sid; a client may have the sid only', () => {
    expect(told.wiki.claims).toMatchObject({ sub: signIns.wiki.claims.sub, sid: signIns.wiki.claims.sid });
    expect(told['sid-only'].claims.sid).toBe(signIns['sid-only'].claims.sid);
    expect(told['sid-only'].claims).not.toHaveProperty('sub');
  });

  it('C15 the logout token of a pairwise client has the pairwise sub, never the raw one', () => {
    expect(told.pairwise.claims.sub).toBe(signIns.pairwise.claims.sub);
    expect(told.pairwise.claims.sub).not.toBe(signIns.wiki.claims.sub);
  });
});

async function only(app: RelyingParty): Promise<ReceivedToken> {
  const [token, ...more] = await app.waitForTokens(1);
  if (token === undefined || more.length > 0) throw new Error(`${app.clientId} got ${more.length + 1} tokens`);
  return token;
}
