/**
 * The modules of the OpenID Foundation's suite (v5.2.4) for RP-initiated and back-channel logout, replayed and stricter:
 * what they do not look at is looked at too. One test per module, under its name.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { generateKeyPair, SignJWT } from 'jose';
import { type Browser, createBrowser, type Page } from '../support/browser.ts';
import { startWorld, type World } from '../support/product.ts';
import type { RelyingParty, Tokens } from '../support/relying-party.ts';
import { unsigned } from './forged-hints.ts';
import { askSilently, isSignedIn, json, tokenThrough } from './scene.ts';

/** 90 characters: letters, digits, and all punctuation of ASCII but plus, space and semicolon. */
const PUNCTUATION = '!"#$%&\'()*,-./:<=>?@[\\]^_`{|}~';
const STATE = `${PUNCTUATION}${'Aa0Bb1Cc2Dd3'.repeat(6)}`.slice(0, 90);

const C2_ERRORS = ['login_required', 'interaction_required', 'consent_required', 'account_selection_required'];

describe('oidcc-rp-initiated-logout', () => {
  let world: World<'suite' | 'other'>;
  let app: RelyingParty;
  let browser: Browser;
  let tokens: Tokens;

  beforeAll(async () => {
    world = await startWorld({ apps: { suite: {}, other: {} } });
    app = world.apps.suite;
  });
  beforeEach(async () => {
    browser = createBrowser();
    tokens = await app.signIn(browser);
  });
  afterAll(() => world.stop());

  /** What the suite sends where a module does not say otherwise; undefined leaves a parameter out. */
  function visit(changes: Readonly<Record<string, string | undefined>> = {}): Promise<Page> {
    const usual = {
      id_token_hint: tokens.idToken,
      post_logout_redirect_uri: app.postLogoutRedirectUri,
      state: STATE,
      ...changes,
    };
    const entries = Object.entries(usual).filter((entry): entry is [string, string] => entry[1] !== undefined);
    return browser.get(app.endSessionUrl(Object.fromEntries(entries)), { follow: false });
  }

  /** The person agrees on the page that came up; every step stays at the provider. */
  async function agree(page: Page): Promise<void> {
    expect(page.location).toBeUndefined();
    const yes = { scope: 'all-here', decision: 'sign-out' };
    const end = await browser.submit(page, yes, { action: '/session/end/confirm' });
    expect(end.status).toBe(200);
    expect(end.trail.filter((address) => !address.startsWith(`${world.issuer}/`))).toEqual([]);
  }

  async function expectSignedOut(): Promise<void> {
    const answer = await askSilently(browser, app, { state: 'after' });
    expect(C2_ERRORS).toContain(answer.get('error'));
    expect(answer.get('state')).toBe('after');
    expect(answer.get('iss')).toBe(world.issuer);
    expect(answer.has('code')).toBe(false);
  }

  it('-discovery-endpoint-verification', async () => {
    const metadata = await json(`${world.issuer}/.well-known/openid-configuration`);

    // Here over http; that all of them are https with an https issuer is I2.
    expect(metadata['end_session_endpoint']).toBe(`${world.issuer}/session/end`);
    expect(metadata['issuer']).toBe(world.issuer);
  });

  it('(plain)', async () => {
    expect(STATE).toHaveLength(90);
    let page: Page | undefined;

    const token = await tokenThrough(app, async () => {
      page = await visit();
    });

    const location = new URL(page?.location ?? '');
    expect(page?.status).toBe(303);
    expect(location.origin + location.pathname).toBe(app.postLogoutRedirectUri);
    expect([...location.searchParams]).toEqual([['state', STATE]]);
    expect(token.claims.sid).toBe(tokens.claims.sid);
    await expectSignedOut();
  });

  it.each([
    ['-bad-post-logout-redirect-uri', (own: string) => `${own}/unregistered`],
    ['-query-added-to-post-logout-redirect-uri', (own: string) => `${own}?foo=bar`],
  ])('%s', async (_, change) => {
    const page = await visit({ post_logout_redirect_uri: change(app.postLogoutRedirectUri) });

    expect(page.status).toBe(400);
    expect(await isSignedIn(browser, app)).toBe(true);
    await agree(page);
    await expectSignedOut();
  });

  it('-modified-id-token-hint', async () => {
    const page = await visit({ id_token_hint: unsigned(tokens.idToken) });

    expect(page.status).toBe(400);
    expect(await isSignedIn(browser, app)).toBe(true);
    await agree(page);
  });

  it('-bad-id-token-hint', async () => {
    const { privateKey } = await generateKeyPair('RS256');
    const ownToken = await new SignJWT({ ...tokens.claims, iss: app.clientId })
      .setProtectedHeader({ alg: 'RS256', kid: 'of-the-client' })
      .sign(privateKey);

    const page = await visit({ id_token_hint: ownToken });

    expect(page.status).toBe(400);
    expect(await isSignedIn(browser, app)).toBe(true);
    await agree(page);
  });

  it('-no-id-token-hint', async () => {
    const page = await visit({ id_token_hint: undefined });

    expect(await isSignedIn(browser, app)).toBe(true);
    await agree(page);
    await expectSignedOut();
  });

  it('-no-params', async () => {
    const nothing = { id_token_hint: undefined, post_logout_redirect_uri: undefined, state: undefined };

    await agree(await visit(nothing));

    await expectSignedOut();
  });

  it('-only-state', async () => {
    await agree(await visit({ id_token_hint: undefined, post_logout_redirect_uri: undefined }));

    await expectSignedOut();
  });

  it('-no-post-logout-redirect-uri', async () => {
    const page = await visit({ post_logout_redirect_uri: undefined });

    expect(page.location).toMatch(new RegExp(`^${world.issuer}/logout/[\\w-]{43}$`));
    const receipt = await browser.get(page.location ?? '', { follow: false });
    expect([receipt.status, receipt.location, receipt.headers['refresh']]).toEqual([200, undefined, undefined]);
    await expectSignedOut();
  });

  it('-no-state', async () => {
    const page = await visit({ state: undefined });

    expect(page.location).toBe(app.postLogoutRedirectUri);
    await expectSignedOut();
  });
});

describe('oidcc-backchannel-rp-initiated-logout', () => {
  const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
  let world: World<'suite'>;

  beforeAll(async () => {
    world = await startWorld({ apps: { suite: { file: { backchannel_logout_session_required: true } } } });
  });
  afterAll(() => world.stop());

  it('-discovery-endpoint-verification', async () => {
    expect(await json(`${world.issuer}/.well-known/openid-configuration`)).toMatchObject({
      backchannel_logout_supported: true,
      backchannel_logout_session_supported: true,
      end_session_endpoint: expect.any(String),
    });
  });

  it('(plain)', async () => {
    const { suite } = world.apps;
    const browser = createBrowser();
    const { claims, idToken } = await suite.signIn(browser);
    let page: Page | undefined;

    const token = await tokenThrough(suite, async () => {
      page = await browser.get(
        suite.endSessionUrl({
          id_token_hint: idToken,
          post_logout_redirect_uri: suite.postLogoutRedirectUri,
          state: STATE,
        }),
        { follow: false },
      );
      // The suite takes POST and redirect in either order; we promise the POST first (B25).
      expect(suite.received).toHaveLength(1);
    });

    const {
      iss,
      aud,
      iat = 0,
      exp = 0,
      jti,
      events,
      sub,
      sid,
    } = token.claims as typeof token.claims & {
      events: unknown;
    };
    const now = Date.now() / 1000;
    expect(token.parameters).toEqual(['logout_token']);
    expect(token.contentType).toBe('application/x-www-form-urlencoded');
    expect([iss, aud]).toEqual([world.issuer, 'suite']);
    expect(iat).toBeLessThanOrEqual(now + 1);
    expect(iat).toBeGreaterThan(now - 60);
    expect(exp - iat).toBe(120);
    expect(jti).toMatch(/.{16}/);
    expect(events).toStrictEqual({ [EVENT]: {} });
    expect([sub, sid]).toEqual([claims.sub, claims.sid]);
    expect(token.claims).not.toHaveProperty('nonce');
    expect(token.header).toMatchObject({ typ: 'logout+jwt', alg: 'RS256', kid: expect.any(String) });
    expect(new URL(page?.location ?? '').searchParams.get('state')).toBe(STATE);
    expect(C2_ERRORS).toContain((await askSilently(browser, suite)).get('error'));
    expect(suite.bad).toEqual([]);
  });
});
