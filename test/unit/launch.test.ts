import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

// The launcher in a project of its own, with a stand-in for npm that notes each call: the real one needs a network.

const launcher = path.resolve(import.meta.dirname, '../../tools/launch.mjs');
const OLD_NODE = 'data:text/javascript,Object.defineProperty(process.versions, "node", { value: "20.11.0" })';
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'signoff-launch-'));
  cpSync(launcher, path.join(folder, 'tools/launch.mjs'), { recursive: true });
  write('package.json', '{ "type": "module" }');
  writeLock('1.0.0');
  write('src/main.ts', `console.log(JSON.stringify({ env: process.env.NODE_ENV as string }));`);
  write(
    'src/cli/cli.ts',
    `const argv: string[] = process.argv.slice(2);
     if (argv[0] === 'wait') process.on('SIGTERM', () => process.exit(7)), setInterval(() => {}, 1000), console.log('waiting');
     else if (argv[0] === 'die') process.kill(process.pid, 'SIGKILL');
     else console.log(JSON.stringify({ argv, path: process.env.PATH })), process.exit(Number(argv[1] ?? 0));`,
  );
  write('npm/npm.js', fakeNpm);
  write('npm/package.json', '{ "type": "commonjs" }');
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Notes the call; `ci` takes a moment and then leaves npm's record of what it installed, `pack` leaves a tarball. */
const fakeNpm = `
  const fs = require('node:fs');
  const [command, ...rest] = process.argv.slice(2);
  fs.appendFileSync('calls', command + '\\n');
  if (process.env.OFFLINE) process.exit(1);
  console.log('npm says something');
  if (command === 'pack') fs.writeFileSync(rest[rest.indexOf('--pack-destination') + 1] + '/node.tgz', 'not the real one');
  if (command === 'ci') setTimeout(() => {
    fs.mkdirSync('node_modules', { recursive: true });
    fs.copyFileSync('package-lock.json', 'node_modules/.package-lock.json');
  }, 300);
`;

function write(file: string, content: string): void {
  mkdirSync(path.join(folder, path.dirname(file)), { recursive: true });
  writeFileSync(path.join(folder, file), content);
}

function writeLock(version: string): void {
  const packages = {
    '': {},
    'node_modules/koa': { version },
    'node_modules/only-on-mac': { version, optional: true },
    'node_modules/jest': { version, dev: true },
  };
  write('package-lock.json', JSON.stringify({ packages }));
}

function start(argv: readonly string[], options: { old?: boolean; env?: NodeJS.ProcessEnv } = {}): ChildProcess {
  const flags = options.old ? ['--import', OLD_NODE] : [];
  const { NODE_ENV: _, npm_lifecycle_event: __, ...environment } = process.env;
  return spawn(process.execPath, [...flags, path.join(folder, 'tools/launch.mjs'), ...argv], {
    cwd: tmpdir(),
    env: { ...environment, npm_execpath: path.join(folder, 'npm/npm.js'), ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function launch(argv: readonly string[], options: Parameters<typeof start>[1] = {}) {
  const child = start(argv, options);
  const [stdout, stderr, [code, signal]] = await Promise.all([
    text(child.stdout as NodeJS.ReadableStream),
    text(child.stderr as NodeJS.ReadableStream),
    once(child, 'close'),
  ]);
  return { stdout, stderr, code: code as unknown, signal: signal as unknown };
}

function npmCalls(): readonly string[] {
  const file = path.join(folder, 'calls');
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
}

describe('the launcher', () => {
  it('installs the dependencies when there are none, once, and keeps standard output for the task', async () => {
    const first = await launch(['signoff', 'list', '0', '--json']);
    expect(first.code).toBe(0);
    expect(JSON.parse(first.stdout)).toMatchObject({ argv: ['list', '0', '--json'] });
    expect(first.stderr).toContain('Installing the dependencies');
    const second = await launch(['signoff']);
    expect([second.code, second.stderr, npmCalls()]).toEqual([0, '', ['ci']]);
  });

  it('installs again when package-lock.json has moved on', async () => {
    await launch(['signoff']);
    writeLock('1.0.1');
    const { stderr } = await launch(['signoff']);
    expect(stderr).toContain('koa is not 1.0.1');
    expect(npmCalls()).toEqual(['ci', 'ci']);
  });

  it('does not miss what is for developers, or for other machines, where only the product runs', async () => {
    write(
      'node_modules/.package-lock.json',
      JSON.stringify({ packages: { 'node_modules/koa': { version: '1.0.0' } } }),
    );
    expect([(await launch(['start'])).code, npmCalls()]).toEqual([0, []]);
    expect((await launch(['setup'])).code).toBe(0);
    expect(npmCalls()).toEqual(['ci']);
  });

  it('lets a second launch wait while the first one installs', async () => {
    const [first, second] = await Promise.all([launch(['signoff']), launch(['signoff'])]);
    expect([first.code, second.code, npmCalls()]).toEqual([0, 0, ['ci']]);
    expect(first.stderr + second.stderr).toContain('Another launch is installing');
  });

  it('is not held up by the lock of a launch that was killed', async () => {
    const gone = spawn(process.execPath, ['-e', '']);
    await once(gone, 'exit');
    write('.node/lock', String(gone.pid));
    expect((await launch(['signoff'])).code).toBe(0);
    expect(readdirSync(path.join(folder, '.node'))).toEqual([]);
  });

  it('says what to do when npm cannot install', async () => {
    const { code, stdout, stderr } = await launch(['signoff'], { env: { OFFLINE: '1' } });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/Could not install the dependencies .* Connect and run this again\.\n$/);
  });

  it('never installs for npm start, which is production unless told otherwise', async () => {
    const refused = await launch(['start']);
    expect([refused.code, npmCalls()]).toEqual([2, []]);
    expect(refused.stderr).toContain('run "npm ci --omit=dev"');
    await launch(['setup']);
    expect(JSON.parse((await launch(['start'])).stdout)).toEqual({ env: 'production' });
    expect(JSON.parse((await launch(['start'], { env: { NODE_ENV: 'test' } })).stdout)).toEqual({ env: 'test' });
  });

  it('passes the exit code of the task through, and its death by a signal', async () => {
    await launch(['setup']);
    expect(await launch(['signoff', 'list', '4'])).toMatchObject({ code: 4 });
    expect(await launch(['signoff', 'die'])).toMatchObject({ code: null, signal: 'SIGKILL' });
  });

  it('passes signals to the task and waits for its end', async () => {
    await launch(['setup']);
    const child = start(['signoff', 'wait']);
    await once(child.stdout as NodeJS.ReadableStream, 'data');
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([7, null]);
  });

  it('names the tasks when it is asked for another', async () => {
    const { code, stderr } = await launch(['dance']);
    expect([code, stderr]).toEqual([2, expect.stringContaining('There are: demo, test')]);
  });

  describe('on a Node that is too old', () => {
    it('runs on the private Node, whose folder comes first on the PATH', async () => {
      const home = path.join(folder, '.node/26.10.0');
      mkdirSync(home, { recursive: true });
      symlinkSync(process.execPath, path.join(home, 'node'));
      const { code, stdout } = await launch(['signoff'], { old: true });
      expect(code).toBe(0);
      expect((JSON.parse(stdout) as { path: string }).path.split(path.delimiter)[0]).toBe(home);
    });

    it('keeps nothing of a download that is not the Node it expects', async () => {
      const { code, stderr } = await launch(['signoff'], { old: true });
      expect([code, npmCalls()]).toEqual([2, ['pack']]);
      expect(stderr).toContain('its sha512 differs');
      expect(readdirSync(path.join(folder, '.node'))).toEqual([]);
    });

    it('says what to do when it cannot fetch one', async () => {
      const { code, stderr } = await launch(['test'], { old: true, env: { OFFLINE: '1' } });
      expect(code).toBe(2);
      expect(stderr).toMatch(/needs Node 22\.18 or newer; this is Node 20\.11\.0.*\n.*Connect and run this again/);
    });

    it('fetches nothing for npm start, and says what would', async () => {
      const { code, stderr } = await launch(['start'], { old: true });
      expect([code, npmCalls()]).toEqual([2, []]);
      expect(stderr).toContain('npm run setup');
    });
  });
});
