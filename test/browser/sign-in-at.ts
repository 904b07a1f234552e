import { PASSWORD, type RelyingParty } from '../support/relying-party.ts';
import type { Page } from './chromium.ts';

/** Fills in whatever page comes up until the app has its code. */
export async function signInAt(page: Page, app: RelyingParty): ReturnType<RelyingParty['finish']> {
  await page.goto(app.authorizationUrl());
  for (let step = 0; step < 4 && !page.url().startsWith(app.redirectUri); step++) {
    if (await page.isVisible('#password')) {
      await page.fill('#username', 'alice');
      await page.fill('#password', PASSWORD);
      await page.click('form .row button');
    } else {
      await page.click('button[value="allow"], button[value="continue"]');
    }
  }
  return app.finish(page.url());
}
