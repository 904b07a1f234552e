/** Password sign-ins a second, against what argon2id alone allows on these cores. */
import { availableParallelism } from 'node:os';
import { hash, verify } from '@node-rs/argon2';
import { createBrowser } from '../test/support/browser.ts';
import { startApps, stopApps } from './logout-answer.ts';
import { startProduct } from './product-process.ts';
import { type Effort, type Row, times } from './row.ts';
import { freePort } from './stock-provider.ts';

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
  const rate = await perSecond(forMs, IN_FLIGHT, async () => {
    const browser = createBrowser();
    const options = { stopAt: app.redirectUri };
    const page = await browser.get(app.authorizationUrl(), options);
    const done = await browser.submit(page, { username: 'alice', password: PASSWORD }, options);
    if (!done.location?.startsWith(app.redirectUri)) throw new Error(`not signed in: ${done.status}`);
  });
  await product.stop();
  await stopApps(apps);
  return rate;
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
