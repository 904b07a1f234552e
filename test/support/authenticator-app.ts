import { Secret, TOTP } from 'otpauth';
import type { Browser, Page } from './browser.ts';

const STEP_MS = 30_000;

/** The key that this page shows to authenticator apps. */
export function keyOn({ body }: Page): string {
  const [, key = ''] = /<code>([A-Z2-7 ]+)<\/code>/u.exec(body) ?? [];
  return key;
}

/** What the app shows for this key; so many time steps ahead, since a code that was taken is not taken again. */
export function codeOf(key: string, stepsAhead = 0): string {
  const totp = new TOTP({ secret: Secret.fromBase32(key.replaceAll(' ', '')) });
  return totp.generate({ timestamp: Date.now() + stepsAhead * STEP_MS });
}

/** The recovery codes that this page shows. */
export function recoveryCodesOn({ body }: Page): readonly string[] {
  return [...body.matchAll(/<code>([a-z0-9-]{19})<\/code>/gu)].map(([, code = '']) => code);
}

/** Adds an authenticator app to the account that is signed in there; the page is the one that comes then. */
export async function addTotp(
  browser: Browser,
  issuer: string,
  more: Readonly<Record<string, string>> = {},
): Promise<{ readonly key: string; readonly page: Page }> {
  const offer = await browser.submit(await browser.get(`${issuer}/account/factors`), {}, { action: '/totp' });
  const key = keyOn(offer);
  const page = await browser.submit(offer, { code: codeOf(key), name: 'Phone', ...more }, { action: '/totp' });
  return { key, page };
}
