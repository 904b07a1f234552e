import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { eventually, signOff } from '../spec/scene.ts';
import { createBrowser } from '../support/browser.ts';
import { type ProcessPair, startProcessPair } from '../support/process-pair.ts';
import { describeFlows } from '../support/product.ts';

describeFlows('invariant 8: an app that another process has loaded anew', () => {
  let pair: ProcessPair<'mail' | 'other'>;
  beforeAll(async () => {
    pair = await startProcessPair({ apps: { mail: {}, other: {} } });
  });
  afterAll(() => pair.stop());

  it('is told at its new logout address within 2 s, by delivery threads too', async () => {
    const { mail, other } = pair.apps;
    const { backchannel_logout_uri } = other.file;
    const before = pair.two.log.count('clients.changed');
    const file = join(pair.env['SIGNOFF_CLIENTS'] ?? '', 'mail.yaml');
    await writeFile(file, JSON.stringify({ ...mail.file, backchannel_logout_uri }));
    const since = Date.now();
    pair.one.hangUp();
    // Of the server and of its thread.
    const lines = await pair.two.log.waitFor('clients.changed', {}, before + 2);
    const heardMs = Date.parse(String(lines.at(-1)?.['time'])) - since;
    // 2 s, and a busy machine.
    expect(heardMs).toBeLessThan(4_000);
    await pair.one.kill();
    pair.two.serve();

    const browser = createBrowser();
    const tokens = await mail.signIn(browser);
    await signOff(browser, mail, tokens);

    // A token there that is not for the app that lives there.
    await eventually(async () => other.bad.length > 0);
    expect(mail.received).toEqual([]);
  }, 60_000);
});
