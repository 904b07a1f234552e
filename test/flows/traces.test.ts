import { existsSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { traceIdOf } from '../../src/ops/traces.ts';
import { eventually, signOff } from '../spec/scene.ts';
import { createBrowser } from '../support/browser.ts';
import { describeFlows } from '../support/product.ts';
import { type ProductProcess, startProductProcess } from '../support/product-process.ts';

interface Span {
  readonly name: string;
  readonly traceId: string;
  readonly parentId: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly status: { readonly code: number };
}

describeFlows('traces', () => {
  const file = join(tmpdir(), `signoff-spans-${process.pid}.jsonl`);
  let product: ProductProcess<'wiki' | 'mail' | 'down'>;
  beforeAll(async () => {
    product = await startProductProcess({
      apps: { wiki: {}, mail: {}, down: { behaviour: '500' } },
      settings: { SIGNOFF_TEST_SPANS: file },
      preload: new URL('../support/record-spans.ts', import.meta.url),
    });
  }, 60_000);
  afterAll(() => product.stop());

  const spans = (): Span[] =>
    existsSync(file)
      ? readFileSync(file, 'utf8')
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => JSON.parse(line) as Span)
      : [];

  it('are one for each logout: request, end, claim and attempts, wherever they happen', async () => {
    const { wiki, mail, down } = product.apps;
    const browser = createBrowser();
    const tokens = await wiki.signIn(browser);
    await mail.signIn(browser);
    await down.signIn(browser);
    await signOff(browser, wiki, tokens);

    const attempts = () => spans().filter(({ name }) => name === 'delivery.attempt');
    // What an idle engine was handed with the end it need not claim; a retry it must.
    await eventually(() => attempts().length >= 4 && new Set(spans().map(({ name }) => name)).size === 4, 20_000);
    const [committed] = await product.waitForLines('logout.committed');
    const traceId = traceIdOf(String(committed?.['logout_id']));
    const all = spans();
    expect(new Set(all.map((span) => span.traceId))).toEqual(new Set([traceId]));
    expect(new Set(all.map((span) => span.parentId))).toEqual(new Set([traceId.slice(16)]));
    expect(new Set(all.map(({ name }) => name))).toEqual(
      new Set(['logout.request', 'logout.end', 'delivery.claim', 'delivery.attempt']),
    );
    const byApp = (app: string) => attempts().find(({ attributes }) => attributes['signoff.client_id'] === app);
    expect(byApp('mail')).toMatchObject({
      attributes: { 'signoff.verdict': 'delivered', 'http.response.status_code': 200 },
      status: { code: 0 },
    });
    expect(byApp('down')).toMatchObject({ attributes: { 'signoff.verdict': 'retry' }, status: { code: 2 } });
  }, 60_000);

  it('name nobody', async () => {
    const text = readFileSync(file, 'utf8');
    for (const { id, username } of await product.store.accounts.list({}, { limit: 10 })) {
      expect(text).not.toContain(id);
      expect(text).not.toContain(`"${username}"`);
    }
  });
});
