import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createBrowser } from '../support/browser.ts';
import { type ProductProcess, startProductProcess } from '../support/product-process.ts';

jest.setTimeout(60_000);

const root = path.resolve(import.meta.dirname, '../..');
let folder: string;
let product: ProductProcess<'wiki' | 'mail'> | undefined;

beforeAll(() => {
  // As a package would lie on a disk: JavaScript, pages, dependencies, and no TypeScript.
  folder = mkdtempSync(path.join(tmpdir(), 'signoff-build-'));
  const dist = path.join(folder, 'dist');
  build('rolldown/bin/cli.mjs', '-c', '--dir', dist);
  build('typescript/bin/tsc', '-p', 'tsconfig.build.json', '--outDir', dist);
  for (const each of ['package.json', 'views'])
    cpSync(path.join(root, each), path.join(folder, each), { recursive: true });
  symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
});

function build(tool: string, ...args: readonly string[]): void {
  const built = spawnSync(process.execPath, [`node_modules/${tool}`, ...args], { cwd: root, encoding: 'utf8' });
  expect(built).toMatchObject({ status: 0, stderr: '' });
}

afterAll(async () => {
  await product?.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('npm run build', () => {
  it('makes a program that signs people in and tells their apps, by its delivery thread', async () => {
    const program = path.join(folder, 'dist/cli/cli.js');
    product = await startProductProcess({ apps: { wiki: {}, mail: {} }, program });
    const { issuer, apps } = product;
    // Ready only while the engine's thread is up (DESIGN §6).
    expect((await fetch(`${issuer}/health/ready`)).status).toBe(200);
    const browser = createBrowser();
    const { idToken } = await apps.wiki.signIn(browser);
    await apps.mail.signIn(browser);
    const answer = await browser.get(apps.wiki.endSessionUrl({ id_token_hint: idToken }));
    expect(answer.status).toBe(200);
    await Promise.all([apps.wiki.waitForTokens(1), apps.mail.waitForTokens(1)]);
  });

  it('makes it of few files: each module costs memory and time', () => {
    expect(readdirSync(path.join(folder, 'dist')).length).toBeLessThan(100);
  });

  it('makes the receiving kit, under the name it is published by', async () => {
    const answer = spawnSync(
      process.execPath,
      ['--input-type=module', '-e', `import { createSidIndex } from 'signoff/rp'; console.log(typeof createSidIndex);`],
      { cwd: folder, encoding: 'utf8' },
    );
    expect(answer).toMatchObject({ stdout: 'function\n', status: 0 });
    const kit = (await import(pathToFileURL(path.join(folder, 'dist/rp/rp.js')).href)) as object;
    expect(Object.keys(kit).sort()).toEqual([
      'LogoutTokenError',
      'createLogoutHandler',
      'createReplayGuard',
      'createSidIndex',
      'verifyLogoutToken',
    ]);
  });
});
