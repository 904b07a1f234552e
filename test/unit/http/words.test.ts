import { describe, expect, it } from '@jest/globals';
import { appFace } from '../../../src/http/app-face.ts';
import { href, initial, list, short, webHref } from '../../../src/http/page-words.ts';
import type { ReceiptApp, ReceiptCounts, ReceiptPage } from '../../../src/http/receipt-models.ts';
import { countRows, headline, rowDetail, summary, why } from '../../../src/http/receipt-words.ts';
import { permissionsOf, permissionWords } from '../../../src/http/scope-words.ts';
import { wordsIn } from '../../../src/words/words.ts';

const words = wordsIn('en');

const NONE: ReceiptCounts = {
  told: 0,
  trying: 0,
  refused: 0,
  givenUp: 0,
  moot: 0,
  cannotBeTold: 0,
  askedBrowser: 0,
  notAskedFor: 0,
};

function aReceipt(counts: Partial<ReceiptCounts>): ReceiptPage {
  const all = { ...NONE, ...counts };
  return {
    href: '/logout/x',
    at: 0,
    now: 0,
    state: all.trying > 0 ? 'trying' : 'settled',
    counts: all,
    stay: false,
  };
}

describe('the sentence of a receipt', () => {
  it.each<[Partial<ReceiptCounts>, string]>([
    [{}, 'No app had to be told.'],
    [{ moot: 2 }, 'No app had to be told.'],
    [{ cannotBeTold: 1 }, 'No app could be told.'],
    [{ told: 1 }, 'The app has confirmed.'],
    [{ told: 8, moot: 1, cannotBeTold: 2 }, 'All 8 apps have confirmed.'],
    [{ trying: 1 }, 'The app has not confirmed. You may close this page; we keep telling it.'],
    [{ trying: 3 }, '0 of 3 apps have confirmed. You may close this page; we keep telling them.'],
    [{ told: 1, trying: 1 }, '1 of 2 apps has confirmed. You may close this page; we keep telling the others.'],
    [{ told: 2, refused: 1 }, '2 of 3 apps have confirmed. The rest did not; see below what you can do.'],
    [{ givenUp: 1 }, 'The app has not confirmed. See below what you can do.'],
  ])('invariant 11: %j is "%s"', (counts, sentence) => {
    expect(summary(aReceipt(counts), words)).toBe(sentence);
  });
});

describe('the row of an app', () => {
  const app = (over: Partial<ReceiptApp>): ReceiptApp => ({
    clientId: 'a',
    name: 'A',
    state: 'trying',
    sessions: 1,
    attempts: 1,
    ...over,
  });

  it.each<[Partial<ReceiptApp>, string]>([
    [{ state: 'told' }, ''],
    [{ state: 'told', sessions: 3 }, '3 sign-ins'],
    [{ attempts: 0 }, 'Being told just now'],
    [{ nextAttemptAt: 4_000 }, 'No answer yet; next try in 4 s'],
    [
      { nextAttemptAt: 200_000, lastStatus: 503, sessions: 2 },
      '2 sign-ins. It answered with an error (503); next try in 4 min',
    ],
    [{ nextAttemptAt: -1 }, 'No answer yet; trying again now'],
    [{ state: 'refused', lastStatus: 400 }, 'It answered with an error (400). The operators can see it.'],
    [{ state: 'moot' }, 'Its own sign-in has run out in the meantime.'],
    [
      { state: 'moot', lastStatus: 400 },
      'It answered with an error (400), but telling it no longer matters: its own sign-in has run out, or it asked for this itself.',
    ],
    [{ state: 'cannot-be-told' }, 'It has no sign-out address.'],
  ])('%j is "%s"', (over, line) => {
    expect(rowDetail(app(over), 0, words)).toBe(line);
  });
});

describe('the headline and the reason of a receipt', () => {
  it('names the app where one app was meant, and says why where nobody asked', () => {
    const detail = {
      reason: 'idle',
      apps: [{ clientId: 'a', name: 'Wiki', state: 'told', sessions: 1, attempts: 1 }],
      frames: [],
      done: { action: '/x' },
    } as const;
    expect(headline({ ...aReceipt({ told: 1 }), detail: { ...detail, scope: 'app-here' } }, words)).toBe(
      'Your sign-in at Wiki has ended on this device',
    );
    expect(why({ ...detail, scope: 'session' }, words)).toBe('It had not been used for a while.');
    expect(why({ ...detail, scope: 'session', reason: 'constructor' }, words)).toBe('');
    expect(headline(aReceipt({}), words)).toBe('Receipt of a sign-off');
  });

  it('leaves out states that no app is in', () => {
    expect(countRows({ ...NONE, told: 2, givenUp: 1 })).toEqual([
      { state: 'told', amount: 2 },
      { state: 'given-up', amount: 1 },
    ]);
  });
});

describe('addresses on pages', () => {
  it.each([
    'https://a.example/x?y=1',
    'http://localhost:4000/',
    'com.example.app:/done',
    '/logout/x',
    'mailto:help@a.example',
  ])('%s may be a link', (address) => {
    expect(href(address)).toBe(address);
  });

  it.each([
    'javascript:alert(1)',
    ' javascript:alert(1)',
    'java\nscript:alert(1)',
    'data:text/html,x',
    '//evil.example',
    '/\\evil.example',
    '/\t/evil.example',
    'evil',
    '',
  ])('%j may not', (address) => {
    expect(href(address)).toBeUndefined();
  });

  it('a web address is http or https', () => {
    expect(webHref('com.example.app:/done')).toBeUndefined();
    expect(webHref('https://a.example/"')).toBe('https://a.example/&quot;');
  });
});

describe('small words', () => {
  it('lists, shortens and picks initials', () => {
    const names = (...all: string[]) => list(all, words);
    expect([names(), names('A'), names('A', 'B'), names('A', 'B', 'C')]).toEqual(['', 'A', 'A and B', 'A, B and C']);
    expect(names('A', 'B', 'C', 'D', 'E', 'F', 'G')).toBe('A, B, C, D, E and 2 more');
    expect(short('x'.repeat(81))).toBe(`${'x'.repeat(79)}…`);
    expect([initial('wiki'), initial('  “ölmühle”'), initial('7 seas'), initial('🛒'), initial('')]).toEqual([
      'W',
      'Ö',
      '7',
      '🛒',
      '?',
    ]);
  });
});

describe('how a client is shown', () => {
  const client = { client_id: 'shop', redirect_uris: ['https://shop.example/cb'] };

  it("shows a logo from the client's own https origin only", () => {
    const logo = (logo_uri: string) => appFace({ ...client, logo_uri }, 'en').logoUri;
    expect(logo('https://shop.example/l.png')).toBe('https://shop.example/l.png');
    for (const foreign of [
      'https://cdn.example/l.png',
      'http://shop.example/l.png',
      'https://u:p@shop.example/l.png',
      'data:image/png,x',
      'x',
    ]) {
      expect(logo(foreign)).toBeUndefined();
    }
    expect(
      appFace(
        {
          ...client,
          redirect_uris: [],
          client_uri: 'https://shop.example/home',
          logo_uri: 'https://shop.example/l',
        },
        'en',
      ).logoUri,
    ).toBeDefined();
  });

  it('has a name even when the client has none', () => {
    expect(appFace(client, 'en')).toEqual({ name: 'shop' });
  });

  it('has the name and the links of the language that is read, where there are any', () => {
    const both = {
      ...client,
      client_name: 'Shop',
      'client_name#de': 'Laden',
      'tos_uri#de': 'https://shop.example/agb',
    };
    expect(appFace(both, 'en')).toEqual({ name: 'Shop' });
    expect(appFace(both, 'de')).toEqual({ name: 'Laden', tosUri: 'https://shop.example/agb' });
  });
});

describe('scopes in plain words', () => {
  it('UX2 says what each scope means, once, and leaves signing in itself out', () => {
    const asked = ['openid', 'email', 'email', 'orders', 'constructor'];
    const rows = permissionsOf(asked, { orders: ['open_orders', 'carts'] });
    expect(rows.map((row) => permissionWords(row, words))).toEqual([
      { words: 'See your email address' },
      { words: 'See your open orders and carts' },
      { words: 'Use “constructor”' },
    ]);
  });
});
