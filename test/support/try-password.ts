import { createBrowser } from './browser.ts';
import type { RelyingParty } from './relying-party.ts';

/** One try at the sign-in page of an app; whether it let anybody in. */
export async function tryPassword(app: RelyingParty, username: string, password: string): Promise<boolean> {
  const browser = createBrowser();
  const page = await browser.get(app.authorizationUrl(), { stopAt: app.redirectUri });
  const next = await browser.submit(page, { username, password }, { stopAt: app.redirectUri });
  return next.location?.startsWith(app.redirectUri) ?? false;
}
