import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { freePort } from '../support/free-port.ts';

jest.setTimeout(60_000);

const root = path.resolve(import.meta.dirname, '../..');
let folder: string;
let server: ChildProcess | undefined;

beforeAll(() => {
  // As a package would lie on a disk: JavaScript, pages, dependencies, and no TypeScript.
  folder = mkdtempSync(path.join(tmpdir(), 'signoff-build-'));
  const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
  const argv = [tsc, '-p', path.join(root, 'tsconfig.build.json'), '--outDir', path.join(folder, 'dist')];
  const built = spawnSync(process.execPath, argv, { encoding: 'utf8' });
  expect(built.stdout).toBe('');
  for (const each of ['package.json', 'views'])
    cpSync(path.join(root, each), path.join(folder, each), { recursive: true });
  symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
});

afterAll(() => {
  server?.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

describe('npm run build', () => {
  it('makes a program that serves, with its delivery thread', async () => {
    const port = await freePort();
    const started = spawn(process.execPath, [path.join(folder, 'dist/cli/cli.js'), 'start'], {
      cwd: folder,
      env: { ...process.env, NODE_ENV: 'development', PORT: String(port), SIGNOFF_LOG_FORMAT: 'json' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    server = started;
    await untilReady(started);
    // Ready only while the engine's thread is up (DESIGN §6).
    expect((await fetch(`http://localhost:${port}/health/ready`)).status).toBe(200);
    expect((await fetch(`http://localhost:${port}/`)).status).toBe(200);
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

async function untilReady(started: ChildProcess): Promise<void> {
  if (started.stdout === null) throw new Error('no output');
  for await (const line of createInterface({ input: started.stdout })) if (line.includes('"server.ready"')) return;
  throw new Error('it ended before it was ready');
}
