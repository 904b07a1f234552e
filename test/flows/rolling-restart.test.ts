import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, signOff } from '../spec/scene.ts';
import { createBrowser, send } from '../support/browser.ts';
import { type Fleet, startFleet } from '../support/fleet.ts';
import { freePort } from '../support/free-port.ts';
import { describeFlows } from '../support/product.ts';

/** What `docs/ops/` says of a proxy, with ports and without TLS: a test has neither names nor certificates for it. */
const PROXIES = [
  { name: 'nginx', program: 'nginx', write: nginxOf, args: (file: string) => ['-c', file, '-g', 'daemon off;'] },
  {
    name: 'Caddy',
    program: 'caddy',
    write: caddyOf,
    args: (file: string) => ['run', '--config', file, '--adapter', 'caddyfile'],
  },
] as const;

/** Few enough that no password waits for a free core until it is refused: that would be another promise's test. */
const PEOPLE = 2;

const doc = (name: string) => readFileSync(new URL(`../../docs/ops/${name}`, import.meta.url), 'utf8');

type Ports = readonly [front: number, one: number, two: number];

function nginxOf([front, one, two]: Ports, folder: string): string {
  const site = doc('nginx.conf')
    .replace('listen 443 ssl;', `listen 127.0.0.1:${front};`)
    .replace(/^\s*ssl_certificate.*$/gm, '')
    .replace('id.example.org', 'localhost')
    .replace('127.0.0.1:4001', `127.0.0.1:${one}`)
    .replace('127.0.0.1:4002', `127.0.0.1:${two}`);
  const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${folder}/${kind};`,
  );
  return `pid ${folder}/nginx.pid; error_log ${folder}/error.log; worker_processes 1;
events { worker_connections 1024; }
http { access_log off; ${temp.join(' ')}\n${site}\n}`;
}

function caddyOf([front, one, two]: Ports): string {
  const site = doc('Caddyfile')
    .replace('id.example.org {', `http://localhost:${front} {`)
    .replace('127.0.0.1:4001', `127.0.0.1:${one}`)
    .replace('127.0.0.1:4002', `127.0.0.1:${two}`);
  return `{\n\tadmin off\n\tauto_https off\n}\n${site}`;
}

for (const { name, program, write, args } of PROXIES) {
  const isThere = spawnSync(program, ['-h']).error === undefined;
  (isThere ? describeFlows : describe.skip)(
    `two processes behind ${name}${isThere ? '' : ` (${program} is not installed)`}`,
    () => {
      const folder = mkdtempSync(join(tmpdir(), 'signoff-proxy-'));
      let fleet: Fleet<'wiki' | 'mail' | 'hangs'>;
      let proxy: ReturnType<typeof spawn>;
      beforeAll(async () => {
        const ports = [await freePort(), await freePort(), await freePort()] as const;
        const file = join(folder, 'proxy.conf');
        writeFileSync(file, write(ports, folder));
        proxy = spawn(program, args(file), { cwd: folder, env: { ...process.env, HOME: folder }, stdio: 'ignore' });
        fleet = await startFleet({
          issuer: `http://localhost:${ports[0]}`,
          ports: ports.slice(1),
          apps: { wiki: {}, mail: {}, hangs: { behaviour: 'hang' } },
          settings: { SIGNOFF_PROXY: '127.0.0.1/32,::1/128', SIGNOFF_DRAIN: '2s' },
        });
        await eventually(async () => (await statusOf(`${fleet.issuer}/health/ready`)) === 200, 20_000);
      }, 90_000);
      afterAll(async () => {
        await fleet.stop();
        proxy.kill('SIGTERM');
        await once(proxy, 'exit');
        rmSync(folder, { recursive: true, force: true });
      });

      it('restart one after the other under sign-ins and sign-offs: no request fails, every app is told', async () => {
        const { wiki, mail } = fleet.apps;
        const failures: unknown[] = [];
        const told: string[] = [];
        let running = true;
        const person = async () => {
          while (running) {
            const browser = createBrowser();
            const inWiki = await wiki.signIn(browser);
            const inMail = await mail.signIn(browser);
            const page = await signOff(browser, wiki, inWiki);
            if (page.status !== 303) failures.push(page.status);
            told.push(inWiki.claims.sid, inMail.claims.sid);
          }
        };
        const crowd = Promise.all(
          Array.from({ length: PEOPLE }, () => person().catch((error: unknown) => failures.push(error))),
        );
        for (let round = 0; round < 2; round++) {
          for (const index of [0, 1]) {
            const before = told.length;
            const underWay = () => told.length >= before + 4 * PEOPLE && fleet.serves(0) && fleet.serves(1);
            await eventually(() => underWay() || failures.length > 0, 30_000);
            await fleet.restart(index);
          }
        }
        running = false;
        await crowd;

        expect(failures).toEqual([]);
        await Promise.all(
          [wiki, mail].map((app) =>
            app.waitForSids(
              told.filter((_, n) => (app === wiki) === (n % 2 === 0)),
              20_000,
            ),
          ),
        );
        await eventually(
          async () => (await fleet.store.deliveries.list({ state: 'trying' }, { limit: 1 })).length === 0,
        );
      }, 180_000);

      it('pass on each word of an event stream at once, and the address of the browser', async () => {
        const { hangs } = fleet.apps;
        const browser = createBrowser();
        const tokens = await hangs.signIn(browser);
        const page = await signOff(browser, hangs, tokens);
        const answer = await fetch(`${new URL(page.location ?? '', fleet.issuer).href}/events`);
        expect(answer.headers.get('content-type')).toContain('text/event-stream');
        const reader = answer.body?.getReader();
        const first = await reader?.read();
        expect(new TextDecoder().decode(first?.value)).not.toBe('');
        await reader?.cancel();
        expect(fleet.logged('proxy.not_believed')).toBe(0);
      }, 60_000);
    },
  );
}

async function statusOf(url: string): Promise<number> {
  try {
    return (await send('GET', new URL(url), {})).status;
  } catch {
    return 0;
  }
}
