import type { Answer, LightBrowser } from './light-browser.ts';

/** A sign-off at the stock library, up to the click: it asks first, and the click is the yes. */
export async function readyStockClick(
  issuer: string,
  browser: LightBrowser,
  hint: string,
): Promise<() => Promise<Answer>> {
  const page = await browser.get(`${issuer}/session/end?${new URLSearchParams({ id_token_hint: hint })}`);
  const [, xsrf = ''] = /name="xsrf" value="([^"]+)"/.exec(page.body) ?? [];
  return () => browser.post(`${issuer}/session/end/confirm`, { xsrf, logout: 'yes' });
}
