/** Nothing else going on: from the click on "sign out" to the app's 2xx, against a bare POST on a kept-alive socket. */
import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { freePort } from '../test/support/free-port.ts';
import { PASSWORD, startRelyingParty } from '../test/support/relying-party.ts';
import { signInEverywhere, stopApps } from './logout-answer.ts';
import { startProduct } from './product-process.ts';
import { type Effort, ms, percentile, type Row, times } from './row.ts';

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
  const receiver = await startReceiver();
  const file = { backchannel_logout_uri: receiver.address };
  const app = await startRelyingParty({ clientId: 'app1', issuer: `http://localhost:${port}`, file });
  const product = await startProduct({
    port,
    clients: [app.file],
    accounts: [{ username: 'alice', password: PASSWORD }],
  });
  const agent = new Agent({ keepAlive: true });
  const fromClick: number[] = [];
  const fromCommit: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const { browser, hint } = await signInEverywhere([app]);
    const cookie = browser
      .cookies()
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ');
    // A browser that has just signed in has a connection open.
    await get(`${product.issuer}/health/live`, agent, cookie);
    await setTimeout(QUIET_MS);
    const committed = product.logged('logout.committed');
    const told = receiver.next();
    const from = performance.now();
    const answered = get(app.endSessionUrl({ id_token_hint: hint }), agent, cookie);
    const at = await told;
    fromClick.push(at - from);
    fromCommit.push(Math.max(0, at - (await committed)));
    await answered;
  }
  agent.destroy();
  await product.stop();
  await stopApps([app]);
  receiver.stop();
  return { fromClick: fromClick.slice(WARM_UP), fromCommit: fromCommit.slice(WARM_UP) };
}

function get(url: string, agent: Agent, cookie: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { agent, headers: { cookie, accept: 'text/html' } }, (response) => {
      response.resume().on('end', resolve);
    });
    outgoing.on('error', reject).end();
  });
}

/** Until the sign-in before is forgotten by everybody's garbage collector. */
const QUIET_MS = 30;

/** An app's logout address that answers at once: what an app does with a token is its own time. */
async function startReceiver() {
  let arrived: (at: number) => void = () => undefined;
  const server = createServer((incoming, response) => {
    incoming.resume().on('end', () => {
      response.end();
      arrived(performance.now());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/backchannel`,
    next: () =>
      new Promise<number>((resolve) => {
        arrived = resolve;
      }),
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
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
