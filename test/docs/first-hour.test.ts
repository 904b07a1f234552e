/** `docs/first-hour.md`, done as it says: its commands in a shell, its app as a process, its clicks in a browser. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createBrowser } from '../support/browser.ts';
import { CLI } from '../support/command.ts';
import { freePort } from '../support/free-port.ts';
import { describeOnSqlite } from '../support/product.ts';

describeOnSqlite('docs/first-hour.md', () => {
  const folder = mkdtempSync(join(tmpdir(), 'signoff-first-hour-'));
  // Below node_modules, where jose is found as it is beside package.json.
  const beside = mkdtempSync(fileURLToPath(new URL('../../node_modules/.first-hour-', import.meta.url)));
  const running: ChildProcess[] = [];
  let page: string;
  let own: string;
  let secret: string;

  beforeAll(async () => {
    const ports = { 3000: String(await freePort()), 4000: String(await freePort()) };
    own = `http://localhost:${ports[3000]}`;
    page = readFileSync(new URL('../../docs/first-hour.md', import.meta.url), 'utf8');
    page = page.replaceAll(/\b[34]000\b/g, (port) => ports[port as '3000']);
    // What `npm run -s signoff` does, without the launcher's look at what is installed.
    const npm = join(folder, 'npm');
    writeFileSync(npm, `#!/bin/sh\nshift 4\nexec "${process.execPath}" "${CLI}" "$@"\n`);
    chmodSync(npm, 0o755);
    writeFileSync(join(folder, 'port'), ports[4000]);
  });
  afterAll(async () => {
    for (const child of running.toReversed()) {
      child.kill();
      await once(child, 'close');
    }
    rmSync(folder, { recursive: true });
    rmSync(beside, { recursive: true });
  });

  /** The block of commands in which this stands. */
  function block(part: string): string {
    const found = [...page.matchAll(/```sh\n([\s\S]*?)```/g)]
      .map(([, text = '']) => text)
      .find((one) => one.includes(part));
    if (found === undefined) throw new Error(`the page has no ${part}`);
    return found;
  }

  function shell(commands: string): ChildProcess {
    const env = {
      PATH: `${folder}:${process.env['PATH']}`,
      PORT: readFileSync(join(folder, 'port'), 'utf8'),
      NODE_NO_WARNINGS: '1',
    };
    return spawn('sh', ['-ec', commands], { cwd: folder, env, stdio: ['ignore', 'pipe', 'inherit'] });
  }

  async function run(part: string): Promise<string> {
    const child = shell(block(part));
    let output = '';
    child.stdout?.on('data', (chunk) => {
      output += chunk;
    });
    const [code] = await once(child, 'close');
    if (code !== 0) throw new Error(`"${part}" ended with ${code}: ${output}`);
    return output;
  }

  async function isUp(url: string): Promise<void> {
    while (!(await fetch(url).catch(() => undefined))) await new Promise((soon) => setTimeout(soon, 50));
  }

  it('makes an account and an app, and starts', async () => {
    await run('signoff.yaml');
    await run('accounts add');
    [, secret = ''] = /client_secret: ([\w-]{43})/.exec(await run('clients add')) ?? [];
    expect(secret).not.toBe('');
    running.push(shell(`exec env ${block('-- start')}`));
    await isUp(`http://localhost:${readFileSync(join(folder, 'port'), 'utf8')}/health/ready`);
  }, 60_000);

  it('has an app that signs people in', async () => {
    const [, code = ''] = /```js\n([\s\S]*?)```/.exec(page) ?? [];
    const kit = new URL('../../src/rp/rp.ts', import.meta.url).href;
    writeFileSync(join(beside, 'notes.mjs'), code.replace("'signoff/rp'", JSON.stringify(kit)));
    // The build is tested by itself (`test/unit/build.test.ts`).
    const [, start = ''] = /^(CLIENT_SECRET=.*)$/m.exec(block('CLIENT_SECRET')) ?? [];
    running.push(
      shell(`cd ${beside}; exec env ${start.replace('…', secret).replace('node ', `"${process.execPath}" `)}`),
    );
    await isUp(own);
    const browser = createBrowser();
    const form = await browser.submit(await browser.get(own));
    const inside = await browser.submit(form, { username: 'mira', password: 'four paper lanterns' });
    expect([inside.url, inside.body]).toEqual([`${own}/`, expect.stringContaining('You are signed in.')]);
    const outside = await browser.submit(inside);
    expect([outside.url, outside.body]).toEqual([`${own}/`, expect.stringContaining('You are signed out.')]);
  }, 60_000);

  it('is told when an operator signs its people off, in every browser', async () => {
    const browsers = [createBrowser(), createBrowser()];
    for (const browser of browsers) {
      const form = await browser.submit(await browser.get(own));
      await browser.submit(form, { username: 'mira', password: 'four paper lanterns' });
      expect((await browser.get(own)).body).toContain('You are signed in.');
    }
    expect(await run('logout --account mira')).toMatch(/notes +told +2/);
    for (const browser of browsers) expect((await browser.get(own)).body).toContain('You are signed out.');
  }, 60_000);

  it('passes its check-up, and can be asked about', async () => {
    expect(await run('clients probe')).toContain('Grade A.');
    const seen = await run('deliveries list');
    expect(seen).toMatch(/notes +told +1/);
    expect(seen).toContain('success_rate');
    expect(seen).toContain('without a page');
  }, 60_000);
});
