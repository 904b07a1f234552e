import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type Browser, createBrowser, type Page } from '../support/browser.ts';
import { firstFreePort } from '../support/free-port.ts';

jest.setTimeout(60_000);

const root = path.resolve(import.meta.dirname, '../..');

interface Welcome {
  readonly provider: string;
  readonly apps: readonly { readonly client_id: string; readonly party: string; readonly url: string }[];
  readonly accounts: readonly { readonly username: string; readonly password: string }[];
}

let port: number;
let launcher: ChildProcess;
let stdout: string[];
let news: string[];
let listeners: Set<() => void>;

beforeEach(async () => {
  port = await firstFreePort(4);
  stdout = [];
  news = [];
  listeners = new Set();
  launcher = startDemo();
});

afterEach(async () => {
  launcher.kill('SIGTERM');
  await untilNobodyListens();
  await rm(path.join(root, 'data', 'demo', String(port)), { recursive: true, force: true });
});

describe('npm run demo', () => {
  it('is a tour with a second device: ending it on the devices page ends its app', async () => {
    const { provider, apps, accounts } = await welcome();
    const [laptop, phone] = [createBrowser(), createBrowser('Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X)')];
    const url = apps[0]?.url ?? '';
    await signIn(laptop, url, accounts[0]);
    await signIn(phone, url, accounts[0]);
    const page = await laptop.get(`${provider}/devices`);
    const json = await laptop.get(`${provider}/devices`, { headers: { accept: 'application/json' } });
    const { sessions } = JSON.parse(json.body) as { sessions: { id: string; current: boolean }[] };
    const other = sessions.find(({ current }) => !current)?.id ?? '';

    await laptop.submit(page, { what: 'session', session: other }, { action: '/devices/end' });

    await untilSaid(/Bookshop +got a logout token +confirmed \(200\)/);
    expect(await stateOf(phone, url)).toMatchObject({ signed_in: false });
    expect(await stateOf(laptop, url)).toMatchObject({ signed_in: true });
  });

  it('shows the mails that were sent, with links that work', async () => {
    const { apps, accounts } = await welcome();
    const [url = '', second = ''] = apps.map((app) => app.url);
    expect((await createBrowser().get(`${url}/mails`)).body).toContain('No mail was sent yet');
    await signIn(createBrowser(), url, accounts[0]);
    await signIn(createBrowser('Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X)'), url, accounts[0]);
    await untilSaid(/Signoff +sent a mail +new-device/);
    const reader = createBrowser();

    const { body } = await reader.get(`${url}/mails`);
    const [, link = ''] = /<a href="([^"]*\/not-me\/[^"]*)">/u.exec(body) ?? [];

    expect(body).toContain('<h2>New sign-in to Signoff demo from');
    expect((await reader.get(link)).body).toContain('Was it not you?');
    expect((await reader.get(`${second}/mails`)).status).toBe(404);
  });

  it('signs in at three apps and signs off at one: each is told, and the demo shows it', async () => {
    const { provider, apps, accounts } = await welcome();
    expect(provider).toBe(`http://localhost:${port}`);
    expect(apps.map(({ party }) => party)).toEqual(['first', 'first', 'third']);
    const browser = createBrowser();
    for (const { url } of apps) await signIn(browser, url, accounts[0]);
    for (const { url } of apps)
      expect(await stateOf(browser, url)).toMatchObject({ signed_in: true, name: 'Mira Holm' });

    const [first] = apps;
    const page = await browser.get(`${first?.url}/`);
    await browser.submit(page, {}, { action: '/sign-out' });
    for (const name of ['Bookshop', 'Calendar', 'Polls'])
      await untilSaid(new RegExp(`${name} +got a logout token +confirmed \\(200\\) +sid \\S+ +\\d+ ms`));
    for (const { url } of apps) expect(await stateOf(browser, url)).toMatchObject({ signed_in: false });
  });

  it('keeps trying an app that is down, and tells it when it is back', async () => {
    const { apps, accounts } = await welcome();
    const browser = createBrowser();
    for (const { url } of apps) await signIn(browser, url, accounts[1]);
    const [bookshop, calendar] = apps;
    await browser.post(`${calendar?.url}/mode`, { mode: 'down' });
    await browser.submit(await browser.get(`${bookshop?.url}/`), {}, { action: '/sign-out' });
    await untilSaid(/Calendar +got a logout token +closed the connection/);
    expect(await stateOf(browser, calendar?.url ?? '')).toMatchObject({ signed_in: true });
    await browser.post(`${calendar?.url}/mode`, { mode: 'healthy' });
    await untilSaid(/Calendar +got a logout token +confirmed/);
    expect(await stateOf(browser, calendar?.url ?? '')).toMatchObject({ signed_in: false });
  });

  it('ends with everything it started, and with code 0, on Ctrl-C', async () => {
    await welcome();
    launcher.kill('SIGINT');
    expect(await once(launcher, 'exit')).toEqual([0, null]);
    expect(await openPorts()).toEqual([]);
  });

  it('leaves no orphan when the one that started it is killed', async () => {
    await welcome();
    launcher.kill('SIGKILL');
    await untilNobodyListens();
  });

  it('says in one sentence what to do when a port is taken', async () => {
    await welcome();
    const second = spawn(process.execPath, ['tools/launch.mjs', 'demo'], {
      cwd: root,
      env: { ...process.env, PORT: String(port) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [said, [code]] = await Promise.all([text(second.stderr), once(second, 'exit')]);
    expect(code).toBe(2);
    expect(said.trim()).toBe(
      `Port ${port} is taken by another program; start the demo elsewhere: PORT=5000 npm run demo`,
    );
  });
});

function startDemo(): ChildProcess {
  const demo = spawn(process.execPath, ['tools/launch.mjs', 'demo', '--json'], {
    cwd: root,
    env: { ...process.env, PORT: String(port), SIGNOFF_RETRY_FIRST: '100ms', SIGNOFF_RETRY_MAX: '300ms' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const collect = (stream: NodeJS.ReadableStream, into: string[]): void => {
    createInterface({ input: stream }).on('line', (line) => {
      into.push(line);
      for (const listener of listeners) listener();
    });
  };
  collect(demo.stdout, stdout);
  collect(demo.stderr, news);
  demo.on('exit', () => {
    for (const listener of listeners) listener();
  });
  return demo;
}

/** Waits for the one JSON line on standard output. */
async function welcome(): Promise<Welcome> {
  await until(() => stdout.length > 0);
  expect(stdout).toHaveLength(1);
  return JSON.parse(stdout[0] ?? '') as Welcome;
}

async function untilSaid(pattern: RegExp): Promise<void> {
  await until(() => news.some((line) => pattern.test(line)));
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) {
    if (launcher.exitCode !== null) throw new Error(`The demo ended with ${launcher.exitCode}:\n${news.join('\n')}`);
    await new Promise<void>((resolve) => {
      listeners.add(resolve);
    });
  }
}

async function signIn(browser: Browser, url: string, account: Welcome['accounts'][number] | undefined): Promise<void> {
  let page: Page = await browser.submit(await browser.get(`${url}/`), {}, { action: '/sign-in' });
  for (let step = 0; step < 3 && !page.url.startsWith(url); step += 1) {
    const fields = page.body.includes('name="password"') ? { ...account } : { decision: 'allow' };
    page = await browser.submit(page, fields);
  }
  expect([page.url, page.status]).toEqual([`${url}/`, 200]);
}

async function stateOf(browser: Browser, url: string): Promise<unknown> {
  return JSON.parse((await browser.get(`${url}/state`)).body);
}

async function openPorts(): Promise<readonly number[]> {
  const ports = [0, 1, 2, 3].map((offset) => port + offset);
  const open = await Promise.all(
    ports.map(
      (each) =>
        new Promise<boolean>((resolve) => {
          const socket = connect(each, '127.0.0.1');
          socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
          socket.on('connect', () => socket.destroy());
        }),
    ),
  );
  return ports.filter((_each, index) => open[index]);
}

/** There is no signal for the end of processes that are not our children, so this one asks again and again. */
async function untilNobodyListens(): Promise<void> {
  while ((await openPorts()).length > 0) await wait(50);
}
