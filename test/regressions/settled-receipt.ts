import { eventually } from '../spec/scene.ts';
import type { Browser } from '../support/browser.ts';

/** What a receipt says as JSON, as far as regressions look at it. */
export interface ReceiptJson {
  readonly state: 'settled' | 'trying';
  readonly counts: Readonly<Record<string, number>>;
}

/**
 * The receipt at this address as the browser that signed off sees it, once nothing is being tried any more: an answer is
 * logged a moment before it is written down.
 */
export async function settledReceipt(browser: Browser, url: string | undefined): Promise<ReceiptJson> {
  let receipt: ReceiptJson | undefined;
  await eventually(async () => {
    receipt = await read();
    return receipt.state === 'settled';
  });
  return receipt ?? read();

  async function read(): Promise<ReceiptJson> {
    const page = await browser.get(url ?? '', { headers: { accept: 'application/json' } });
    return JSON.parse(page.body) as ReceiptJson;
  }
}
