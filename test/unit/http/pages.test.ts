import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { USERNAME_CHARS_MAX } from '../../../src/accounts/account.ts';
import { PASSWORD_CHARS_MAX } from '../../../src/accounts/password-rules.ts';
import type { PageModels, ViewName } from '../../../src/http/page-models.ts';
import type { ReceiptPage } from '../../../src/http/receipt-models.ts';
import { createRenderer } from '../../../src/http/render.ts';
import { HOSTILE, poisoned } from '../../browser/hostile.ts';
import { aRenderer } from '../../browser/page-server.ts';
import { type Sample, samples } from '../../browser/sample-pages.ts';
import { ask } from './ask.ts';

const viewsDir = join(import.meta.dirname, '../../../views');
const renderer = aRenderer();

/** The html of a sample, through a real request. */
async function htmlOf(sample: Sample): Promise<string> {
  return (await pageOf(sample)).text;
}

function pageOf({ view, model }: Sample) {
  return ask({}, async (ctx) => {
    ctx.state['csrfToken'] = () => 'token';
    renderer.render(ctx, view, model as PageModels[typeof view]);
  });
}

interface Tag {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
}

/** A strict reading of our own html: every attribute quoted, or bare. Anything else throws. */
function tagsOf(html: string): Tag[] {
  const tags: Tag[] = [];
  for (const [, name = '', rest = ''] of html.matchAll(/<([a-z!/][^\s>]*)((?:"[^"]*"|[^">])*)>/giu)) {
    const attributes = new Map<string, string>();
    const left = rest.replace(/\s([a-z-]+)="([^"]*)"/giu, (_, key: string, value: string) => {
      attributes.set(key, value);
      return '';
    });
    for (const bare of left.split(/\s+/u).filter((part) => part !== '' && part !== '/')) attributes.set(bare, '');
    tags.push({ name, attributes });
  }
  return tags;
}

describe('pages and hostile text', () => {
  it('keeps tags, attributes and addresses as the template has them, whatever the fields hold', async () => {
    const benign = (await Promise.all(samples.map(htmlOf))).flatMap(tagsOf);
    const tagNames = new Set(benign.map(({ name }) => name));
    const attributeNames = new Set(benign.flatMap(({ attributes }) => [...attributes.keys()]));
    for (const text of HOSTILE) {
      for (const sample of samples) {
        const tags = tagsOf(await htmlOf(poisoned(sample, text)));
        const strange = tags.filter(
          ({ name, attributes }) =>
            !tagNames.has(name) || [...attributes.keys()].some((key) => !attributeNames.has(key)),
        );
        expect({ text: text.slice(0, 60), sample: sample.name, strange }).toMatchObject({ strange: [] });
        expect(
          addressesOf(tags).filter((address) => !/^(\/(?![/\\])|#|https?:|mailto:|otpauth:|undefined)/u.test(address)),
        ).toEqual([]);
      }
    }
  });

  it('drops control and bidi characters from text, and keeps them in what a form must send back', async () => {
    const html = await htmlOf(poisoned(samples.find(({ name }) => name === 'home') as Sample, 'a\u202eb\u0007c'));
    expect(html).toContain('abc');
    expect(html).not.toContain('\u202e');
    expect(html).not.toContain('\u0007');
    const form = { action: '/x', hidden: [{ name: 'state', value: 'a\u202eb"' }] };
    const page = await htmlOf({ name: '', view: 'continue-as', model: { form, person: { name: 'M', username: 'm' } } });
    expect(page).toContain('value="a\u202eb&quot;"');
  });

  it('cuts names that would push everything else off the page', async () => {
    const html = await htmlOf(poisoned(samples.find(({ name }) => name === 'sign-off') as Sample, 'W'.repeat(10_000)));
    expect(html).not.toMatch(/>W{81}/u);
  });

  it('escapes every value: raw tags only where a helper has escaped already, attributes always quoted', () => {
    const allowed =
      /^(include\(|block\(|it\.body|it\.page\.(href|exact)\(|(privacy|support|logo|policy|terms|home|onward|site|out|again|href) $)/u;
    for (const file of readdirSync(viewsDir).filter((name) => name.endsWith('.eta'))) {
      const template = readFileSync(join(viewsDir, file), 'utf8');
      expect({ file, unquoted: template.match(/\s[a-z-]+=<%/gu) }).toEqual({ file, unquoted: null });
      const raw = [...template.matchAll(/<%~ (.*?)%>/gu)]
        .map(([, code = '']) => code)
        .filter((code) => !allowed.test(code));
      expect({ file, raw }).toEqual({ file, raw: [] });
    }
  });
});

function addressesOf(tags: readonly Tag[]): string[] {
  return tags
    .flatMap(({ attributes }) => [attributes.get('href'), attributes.get('src'), attributes.get('action')])
    .filter((a) => a !== undefined);
}

describe('pages', () => {
  it('BP16 no page may be framed, and nothing runs that is not ours', async () => {
    for (const sample of samples) {
      const csp = (await pageOf(sample)).headers.get('content-security-policy') ?? '';
      expect(csp).toMatch(/^default-src 'none'; style-src 'self'; script-src 'self'; /u);
      expect(csp).toContain("frame-ancestors 'none'; base-uri 'none'");
    }
  });

  it('pages of a flow have no form-action, which Chromium applies to the redirect to the app; all others have', async () => {
    const flow: ViewName[] = [
      ...(['sign-in', 'consent', 'continue-as', 'sign-off', 'sign-off-app'] as const),
      ...(['passkey-sign-in', 'second-step', 'totp-new', 'passkey-new', 'recovery-codes'] as const),
    ];
    for (const sample of samples) {
      const csp = (await pageOf(sample)).headers.get('content-security-policy') ?? '';
      expect({ view: sample.view, restricted: csp.includes("form-action 'self'") }).toEqual({
        view: sample.view,
        restricted: !flow.includes(sample.view),
      });
    }
  });

  it("lets a logo in from the app's own origin and from nowhere else", async () => {
    const model = { form: { action: '/x' }, app: { name: 'Shop', logoUri: 'https://shop.example/l.png?a=1;b' } };
    const page = await pageOf({ name: '', view: 'sign-in', model });
    expect(page.headers.get('content-security-policy')).toContain("img-src 'self' https://shop.example;");
    expect(page.text).toContain('src="https://shop.example/l.png?a=1;b"');
    const plain = await pageOf({
      name: '',
      view: 'sign-in',
      model: { form: { action: '/x' }, app: { name: 'Shop', logoUri: 'http://shop.example/l' } },
    });
    expect(plain.headers.get('content-security-policy')).toContain("img-src 'self';");
  });

  it('every form is a POST with a csrf field; only what filters a list is a GET, without one', async () => {
    for (const sample of samples) {
      const forms = (await htmlOf(sample)).match(/<form [\s\S]*?<\/form>/gu) ?? [];
      for (const form of forms) {
        if (form.startsWith('<form method="get"')) {
          expect(form).toMatch(/^<form method="get" action="\/admin\/[\w-]+" class="filter">/u);
          expect(form).not.toMatch(/name="csrf"|type="(hidden|password)"/u);
          continue;
        }
        expect(form).toMatch(/^<form method="post" action="\//u);
        expect(form).toContain('<input type="hidden" name="csrf" value="token">');
      }
    }
  });

  it('pages are not stored by browsers or proxies', async () => {
    for (const sample of samples) expect((await pageOf(sample)).headers.get('cache-control')).toBe('no-store');
  });

  it('cuts the tie to the opener only where no app shows the page in a popup', async () => {
    const home = await pageOf(samples.find(({ name }) => name === 'home') as Sample);
    const signIn = await pageOf(samples.find(({ name }) => name === 'sign-in') as Sample);
    expect([home, signIn].map(({ headers }) => headers.get('cross-origin-opener-policy'))).toEqual([
      'same-origin',
      null,
    ]);
  });

  it('shows the developer box in development only', async () => {
    const model = { says: 'error.internal', code: 'c', developer: 'secret stack' } as const;
    const quiet = aRenderer({ development: false });
    expect(renderer.html('error', model)).toContain('secret stack');
    expect(quiet.html('error', model)).not.toContain('secret stack');
  });

  it('a missing view fails at start', async () => {
    const empty = await mkdtemp(join(tmpdir(), 'views-'));
    const options = { viewsDir: empty, serviceName: 's', development: false };
    expect(() => createRenderer(options)).toThrow(/has no template for: sign-in, consent/u);
    await rm(empty, { recursive: true });
  });

  it('takes names and passwords up to the length that accounts may have', async () => {
    const signIn = await htmlOf(samples.find(({ name }) => name === 'sign-in') as Sample);
    const lengths = [...signIn.matchAll(/name="(username|password)"[^>]*maxlength="(\d+)"/gu)].map(([, ...one]) => one);
    expect(lengths).toEqual([
      ['username', String(USERNAME_CHARS_MAX)],
      ['password', String(PASSWORD_CHARS_MAX)],
    ]);
  });

  it('the field names of DESIGN §12 are there', async () => {
    const signIn = await htmlOf(samples.find(({ name }) => name === 'sign-in') as Sample);
    for (const field of ['username', 'password', 'shared']) expect(signIn).toContain(`name="${field}"`);
    const signOff = await htmlOf(samples.find(({ name }) => name === 'sign-off') as Sample);
    for (const scope of ['app-here', 'all-here', 'app-everywhere', 'all-everywhere']) {
      expect(signOff).toContain(`name="scope" value="${scope}"`);
    }
    expect(signOff).toContain('name="scope" value="all-here" checked');
    for (const decision of ['sign-out', 'stay']) expect(signOff).toContain(`name="decision" value="${decision}"`);
    const consent = await htmlOf(samples.find(({ name }) => name === 'consent') as Sample);
    for (const decision of ['allow', 'deny']) expect(consent).toContain(`name="decision" value="${decision}"`);
    const again = await htmlOf(samples.find(({ name }) => name === 'continue-as') as Sample);
    for (const decision of ['continue', 'other']) expect(again).toContain(`name="decision" value="${decision}"`);
  });
});

describe('assets', () => {
  it('are kept for a year under the hash of their content, and asked about under any other address', async () => {
    const address =
      /href="(\/assets\/signoff\.css\?v=[\w-]{12})"/u.exec(renderer.html('body-too-large', {}))?.[1] ?? '';
    const hashed = await ask({ path: address }, renderer.serveAssets);
    expect(hashed.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(hashed.headers.get('content-type')).toBe('text/css; charset=utf-8');
    const plain = await ask({ path: '/assets/signoff.css' }, renderer.serveAssets);
    expect(plain.headers.get('cache-control')).toBe('no-cache');
    const again = await ask(
      { path: '/assets/signoff.css', headers: { 'if-none-match': plain.headers.get('etag') ?? '' } },
      renderer.serveAssets,
    );
    expect([again.status, again.text]).toEqual([304, '']);
    expect((await ask({ path: '/assets/../layout.eta' }, renderer.serveAssets)).status).toBe(404);
  });
});

describe('the receipt page', () => {
  const trying = samples.find(({ name }) => name === 'receipt-trying')?.model as ReceiptPage;
  const page = (over: Partial<ReceiptPage>) => htmlOf({ name: '', view: 'receipt', model: { ...trying, ...over } });

  it('invariant 11: an app has confirmed, is never said to be signed out', async () => {
    const html = await page({});
    expect(html).toContain('2 of 4 apps have confirmed.');
    expect(html.replaceAll('You are signed out of this device', '').replaceAll('<title>Signed out', '')).not.toMatch(
      /signed out/iu,
    );
  });

  it('shows each state by shape, word and colour', async () => {
    const html = await page({});
    for (const word of ['Confirmed', 'Trying', 'Refused', 'Cannot be told']) {
      expect(html).toMatch(new RegExp(`<span class="state [a-z-]+"><svg [\\s\\S]*?</svg>\\s*${word}</span>`, 'u'));
    }
  });

  it('shows counts, and no name, reason or address, to somebody who only has the link', async () => {
    const { detail: _, ...anonymous } = trying;
    const html = await htmlOf({ name: '', view: 'receipt', model: anonymous });
    expect(html).toContain('2 apps');
    expect(html).not.toMatch(/Bookshop|Mail|Wiki|shop\.example|Done<|Continue/u);
  });

  it('continues without script while it is fresh, unless the person stays', async () => {
    expect(await page({})).toContain('content="1"');
    expect(await page({ now: trying.at + 4_000 })).toContain(
      'content="1;url=https://shop.example/bye?state=1&amp;x=2"></noscript>',
    );
    expect(await page({ state: 'settled' })).toContain('content="2;url=https://shop.example/bye');
    expect(await page({ stay: true })).not.toContain('url=https');
    expect(await page({ now: trying.at + 3_600_000 })).not.toContain('url=https');
    expect(await page({ state: 'settled', stay: true })).not.toContain('http-equiv');
  });
});
