/** Nothing else going on: from the click on "sign out" to the app's 2xx, against a bare POST on a kept-alive socket. */
import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { signInEverywhere, startApps, stopApps } from './logout-answer.ts';
import { startProduct } from './product-process.ts';
import { type Effort, ms, percentile, type Row, times } from './row.ts';
import { freePort } from './stock-provider.ts';

export async function quietDelivery({ quick }: Effort): Promise<readonly Row[]> {
  const rounds = quick ? 40 : 300;
  const bare = await measureBarePost(rounds);
  const { fromClick, fromCommit } = await measureOurs(rounds);
  return [row('click', fromClick, bare), row('commit', fromCommit, bare)];
}

function row(from: string, samples: readonly number[], bare: readonly number[]): Row {
  const [p50, p99] = [percentile(samples, 0.5), percentile(samples, 0.99)];
  const [bare50, bare99] = [percentile(bare, 0.5), percentile(bare, 0.99)];
  return {
    name: `quiet: ${from} → app’s 2xx, p50 / p99`,
    value: `${ms(p50)} / ${ms(p99)}`,
    baseline: `${ms(bare50)} / ${ms(bare99)} (bare POST)`,
    ratio: `${times(p50 / bare50)} / ${times(p99 / bare99)}`,
    target: '≤ 3 ms / ≤ 10 ms',
    met: p50 <= 3 && p99 <= 10,
  };
}

async function measureOurs(rounds: number): Promise<{ fromClick: number[]; fromCommit: number[] }> {
  const port = await freePort();
  const apps = await startApps(`http://localhost:${port}`, 1, 0);
  const [app] = apps;
  if (!app) throw new Error('no app');
  const product = await startProduct({
    port,
    clients: [app.file],
    accounts: [{ username: 'alice', password: 'correct horse battery staple' }],
  });
  const fromClick: number[] = [];
  const fromCommit: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const { browser, hint } = await signInEverywhere(apps);
    const committed = product.logged('logout.committed');
    const told = app.waitForTokens(app.received.length + 1).then(() => performance.now());
    const from = performance.now();
    const answered = browser.get(app.endSessionUrl({ id_token_hint: hint }), { follow: false });
    const at = await told;
    fromClick.push(at - from);
    fromCommit.push(Math.max(0, at - (await committed)));
    await answered;
  }
  await product.stop();
  await stopApps(apps);
  return { fromClick: fromClick.slice(WARM_UP), fromCommit: fromCommit.slice(WARM_UP) };
}

/** The first few make sockets and compiled code. */
const WARM_UP = 5;

async function measureBarePost(rounds: number): Promise<readonly number[]> {
  const server = createServer((incoming, response) => {
    incoming.resume().on('end', () => response.end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const agent = new Agent({ keepAlive: true });
  const samples: number[] = [];
  for (let round = 0; round < rounds; round++) samples.push(await post(port, agent));
  agent.destroy();
  server.close();
  return samples.slice(WARM_UP);
}

function post(port: number, agent: Agent): Promise<number> {
  const from = performance.now();
  return new Promise((resolve, reject) => {
    const outgoing = request({ port, host: '127.0.0.1', method: 'POST', agent }, (response) => {
      response.resume().on('end', () => resolve(performance.now() - from));
    });
    outgoing.on('error', reject).end(`logout_token=${'x'.repeat(900)}`);
  });
}
