/** The product as people start it: a process of its own, on SQLite unless `env` says otherwise, seen through its addresses and its log. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type ProcessorTime, processorTime, residentBytes } from './processor-time.ts';

export interface ProductProcess {
  readonly issuer: string;
  /** When a line of this event (and these facts) was read; waits for it. Epoch-free: `performance.now()`. */
  logged(event: string, facts?: Readonly<Record<string, unknown>>): Promise<number>;
  /** What it has cost so far. */
  processorTime(): ProcessorTime;
  /** Memory that it holds now. */
  residentBytes(): number;
  /** How many lines it has logged. */
  lineCount(): number;
  stop(): Promise<void>;
}

export interface ProductOptions {
  readonly port: number;
  /** Client files by client id. */
  readonly clients: readonly Readonly<Record<string, unknown>>[];
  readonly accounts: readonly { readonly username: string; readonly password: string }[];
  readonly env?: Readonly<Record<string, string>>;
  /** The command line as it is shipped, after a build; else the source. */
  readonly built?: boolean;
}

/** The command line from the source, and as it is shipped, after `buildProduct`. */
export const CLI = fileURLToPath(new URL('../src/cli/cli.ts', import.meta.url));
export const BUILT_CLI = fileURLToPath(new URL('../dist/cli/cli.js', import.meta.url));
/** As `npm start` and the image set it. */
const SERVER_FLAGS = ['--max-semi-space-size=4'];

interface Line {
  readonly at: number;
  readonly facts: Readonly<Record<string, unknown>>;
}

let isBuilt = false;

/** As `npm run build` does, once for all who ask. */
export function buildProduct(): void {
  if (isBuilt) return;
  const cwd = fileURLToPath(new URL('..', import.meta.url));
  const { status } = spawnSync(process.execPath, ['tools/launch.mjs', 'build'], { cwd, stdio: 'ignore' });
  if (status !== 0) throw new Error('the product does not build: npm run build says why');
  isBuilt = true;
}

export async function startProduct(options: ProductOptions): Promise<ProductProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'signoff-bench-'));
  const env = environment(options, folder);
  writeClients(join(folder, 'clients'), options.clients);
  for (const account of options.accounts) await addAccount(account, env);
  const argv = [...SERVER_FLAGS, options.built ? BUILT_CLI : CLI, 'start'];
  const child = spawn(process.execPath, argv, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = watchLog(child);
  const { logged } = lines;
  await logged('server.ready');
  return {
    issuer: `http://localhost:${options.port}`,
    logged,
    processorTime: () => processorTime(child.pid ?? 0),
    residentBytes: () => residentBytes(child.pid ?? 0),
    lineCount: () => lines.count(),
    async stop() {
      child.kill('SIGTERM');
      await new Promise((resolve) => child.once('exit', resolve));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function environment(options: ProductOptions, folder: string): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    NODE_ENV: 'development',
    NODE_NO_WARNINGS: '1',
    PORT: String(options.port),
    SIGNOFF_DATA: join(folder, 'data'),
    SIGNOFF_CLIENTS: join(folder, 'clients'),
    SIGNOFF_OUTBOUND_ALLOW: '127.0.0.0/8,::1',
    SIGNOFF_LOG_FORMAT: 'json',
    SIGNOFF_SIGNIN_LIMIT: 'off',
    ...options.env,
  };
}

/** JSON is YAML. */
function writeClients(folder: string, clients: ProductOptions['clients']): void {
  mkdirSync(folder);
  for (const client of clients) {
    writeFileSync(join(folder, `${String(client['client_id'])}.yaml`), JSON.stringify(client));
  }
}

/** Not a call that blocks: a `mongod` that this process started waits when nobody reads what it says. */
async function addAccount({ username, password }: ProductOptions['accounts'][number], env: NodeJS.ProcessEnv) {
  const args = [CLI, 'accounts', 'add', username, '--password-stdin'];
  const adding = spawn(process.execPath, args, { env, stdio: ['pipe', 'ignore', 'inherit'] });
  adding.stdin.end(password);
  const [code] = await once(adding, 'exit');
  if (code !== 0) throw new Error(`accounts add ended with ${code}`);
}

function watchLog(child: ChildProcess): { readonly logged: ProductProcess['logged']; count(): number } {
  const lines: Line[] = [];
  let count = 0;
  const readers = new Set<() => void>();
  if (!child.stdout) throw new Error('the child has no standard output');
  createInterface(child.stdout).on('line', (text) => {
    count += 1;
    lines.push({ at: performance.now(), facts: JSON.parse(text) as Line['facts'] });
    for (const look of [...readers]) look();
  });
  const logged: ProductProcess['logged'] = (event, facts = {}) =>
    new Promise((resolve, reject) => {
      const gone = () => reject(new Error(`the product stopped before it logged ${event}`));
      child.once('exit', gone);
      function look(): void {
        const line = lines.find((one) => matches(one, { event, ...facts }));
        if (!line) return;
        readers.delete(look);
        child.off('exit', gone);
        // Each line is waited for once.
        lines.splice(lines.indexOf(line), 1);
        resolve(line.at);
      }
      readers.add(look);
      look();
    });
  return { logged, count: () => count };
}

function matches(line: Line, wanted: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(wanted).every(([name, value]) => line.facts[name] === value);
}
