/** From the start of the process to its first discovery answer, from source and as shipped, against loading the library alone. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../test/support/free-port.ts';
import { BUILT_CLI, buildProduct, CLI } from './product-process.ts';
import { type Effort, ms, percentile, type Row, times } from './row.ts';

export async function startUp({ quick }: Effort): Promise<readonly Row[]> {
  const rounds = quick ? 3 : 10;
  const library = Array.from({ length: rounds }, loadLibrary);
  const folder = mkdtempSync(join(tmpdir(), 'signoff-bench-'));
  // A store belongs to one issuer, so to one port here.
  const port = await freePort();
  const start = (program: string) => startOnce(program, port, join(folder, 'data'));
  const first = await start(CLI);
  buildProduct();
  // Its first start compiles it.
  await start(BUILT_CLI);
  const [later, built]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    later.push(await start(CLI));
    built.push(await start(BUILT_CLI));
  }
  rmSync(folder, { recursive: true, force: true });
  const baseline = percentile(library, 0.5);
  const row = (name: string, value: number): Row => ({
    name,
    value: ms(value),
    baseline: `${ms(baseline)} (node, import oidc-provider)`,
    ratio: times(value / baseline),
    target: '≤ 1 s',
    met: value <= 1000,
  });
  return [
    row('start → first discovery answer, p50', percentile(later, 0.5)),
    row('the same, as built', percentile(built, 0.5)),
    row('very first start (makes keys and database)', first),
  ];
}

function loadLibrary(): number {
  const from = performance.now();
  spawnSync(process.execPath, ['--input-type=module', '-e', "await import('oidc-provider')"], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
  });
  return performance.now() - from;
}

async function startOnce(program: string, port: number, data: string): Promise<number> {
  const env = {
    PATH: process.env['PATH'],
    NODE_ENV: 'development',
    PORT: String(port),
    SIGNOFF_DATA: data,
    SIGNOFF_LOG_LEVEL: 'silent',
  };
  const from = performance.now();
  const child = spawn(process.execPath, [program, 'start'], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  const address = `http://localhost:${port}/.well-known/openid-configuration`;
  let took: number | undefined;
  while (took === undefined) {
    const answer = await fetch(address).catch(() => undefined);
    if (answer?.ok) took = performance.now() - from;
    else if (child.exitCode !== null) throw new Error(`the product stopped with ${child.exitCode}`);
    else await new Promise((resolve) => setTimeout(resolve, 2));
  }
  child.kill('SIGTERM');
  await new Promise((resolve) => child.once('exit', resolve));
  return took;
}
