/** Password sign-ins a second, against what argon2id alone allows on these cores. */
import { Agent } from 'node:http';
import { availableParallelism } from 'node:os';
import { hash, verify } from '@node-rs/argon2';
import { freePort } from '../test/support/free-port.ts';
import type { RelyingParty } from '../test/support/relying-party.ts';
import { createLightBrowser } from './light-browser.ts';
import { startApps, stopApps } from './logout-answer.ts';
import { startProduct } from './product-process.ts';
import { type Effort, type Row, times } from './row.ts';

const PASSWORD = 'correct horse battery staple';
/** OWASP's argon2id: 19 MiB, two passes. The product's own parameters (`accounts/password.ts`). */
const ARGON2ID = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
const IN_FLIGHT = 16;

export async function signIns({ quick }: Effort): Promise<readonly Row[]> {
  const forMs = quick ? 5_000 : 20_000;
  const bound = await bareArgon2id(forMs / 2);
  const ours = await measureOurs(forMs);
  const ratio = ours / bound;
  return [
    {
      name: 'password sign-ins per second, client on the same cores',
      value: `${ours.toFixed(0)} /s`,
      baseline: `${bound.toFixed(0)} /s (bare argon2id)`,
      ratio: times(ratio),
      target: '≥ 0.8 ×',
      met: ratio >= 0.8,
    },
  ];
}

async function bareArgon2id(forMs: number): Promise<number> {
  const stored = await hash(PASSWORD, ARGON2ID);
  return perSecond(forMs, availableParallelism(), async () => {
    await verify(stored, PASSWORD);
  });
}

/** Only the part with the password: the page is fetched before, the code is not exchanged after. */
async function measureOurs(forMs: number): Promise<number> {
  const port = await freePort();
  const apps = await startApps(`http://localhost:${port}`, 1, 0);
  const [app] = apps;
  if (!app) throw new Error('no app');
  const product = await startProduct({
    port,
    clients: [app.file],
    accounts: [{ username: 'alice', password: PASSWORD }],
  });
  const agent = new Agent({ keepAlive: true, maxSockets: IN_FLIGHT });
  const rate = await perSecond(forMs, IN_FLIGHT, () => signIn(app, agent));
  agent.destroy();
  await product.stop();
  await stopApps(apps);
  return rate;
}

async function signIn(app: RelyingParty, agent: Agent): Promise<void> {
  const browser = createLightBrowser(agent);
  const { location: pageUrl = '' } = await browser.get(app.authorizationUrl());
  const page = await browser.get(pageUrl);
  const [, csrf = ''] = /name="csrf" value="([^"]+)"/.exec(page.body) ?? [];
  const { location: resumeUrl = '' } = await browser.post(pageUrl, { username: 'alice', password: PASSWORD, csrf });
  const { location } = await browser.get(resumeUrl);
  if (!location?.startsWith(app.redirectUri)) throw new Error(`not signed in: ${location}`);
}

/** Runs `work` over and over in `lanes` lanes; answers how often a second it finished. */
async function perSecond(forMs: number, lanes: number, work: () => Promise<void>): Promise<number> {
  const from = performance.now();
  let done = 0;
  const lane = async () => {
    while (performance.now() - from < forMs) {
      await work();
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return (done * 1000) / (performance.now() - from);
}
