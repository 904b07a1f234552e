import { createWriteStream } from 'node:fs';
import path from 'node:path';
import { type Children, createChildren } from './children.ts';
import { type DemoData, openDemoData } from './demo-data.ts';
import { type DemoPlan, people, planDemo, secretVariable } from './plan.ts';
import { DemoRefused, readPort, requireFreePorts } from './ports.ts';
import { newsLine, parse, welcome, welcomeJson } from './words.ts';

/**
 * `npm run demo`: the provider on SQLite and three apps, each a process of its own, with two people who can sign in.
 * Prints where to click, then each logout token as it arrives; with `--json` the addresses as one JSON line, all else
 * on standard error. Ends with 0 when it was asked to end, 1 when a part of it failed, 2 when it cannot start.
 */

process.chdir(path.resolve(import.meta.dirname, '..'));
const json = process.argv.includes('--json');
const lastLines: string[] = [];
let ending = false;

const children = createChildren((name, code) => {
  void end(1, `${name} ended by itself (${code}).\n${lastLines.join('\n')}`);
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void end(0));
process.on('disconnect', () => void end(1));

try {
  await run(children);
} catch (error) {
  const refused = error instanceof DemoRefused;
  await end(refused ? 2 : 1, error instanceof Error ? error.message : String(error));
}

async function run({ start, run: runCommand }: Children): Promise<void> {
  const port = readPort(process.env);
  await requireFreePorts(port, 4);
  const data = openDemoData(path.join('data', 'demo', String(port)));
  const plan = planDemo(port, data.secret, data.outbox);
  data.writeClientFiles(plan.apps);
  const env = providerEnvironment(plan, data);
  await Promise.all([startProvider(start, plan, data, env), ...plan.apps.map((app) => startApp(start, plan, app))]);
  await addPeople(runCommand, env);
  if (!ending) process.stdout.write(`${json ? welcomeJson(plan, data.folder) : welcome(plan, data.folder)}\n`);
}

function startProvider(start: Children['start'], plan: DemoPlan, data: DemoData, env: NodeJS.ProcessEnv) {
  const log = createWriteStream(path.join(data.folder, 'provider.log'));
  return new Promise<void>((ready) => {
    start({
      name: 'Signoff',
      argv: ['src/cli/cli.ts', 'start'],
      env,
      onLine(line) {
        log.write(`${line}\n`);
        if (parse(line)?.['event'] === 'server.ready') ready();
        pass(line, plan);
      },
    });
  });
}

function startApp(start: Children['start'], plan: DemoPlan, { name, settings }: DemoPlan['apps'][number]) {
  return new Promise<void>((ready) => {
    start({
      name,
      argv: ['demo/app.ts'],
      env: { ...process.env, DEMO_APP: JSON.stringify(settings) },
      onLine(line) {
        if (parse(line)?.['event'] === 'ready') ready();
        pass(line, plan);
      },
    });
  });
}

/** Shows what is news and keeps the rest at hand, to be shown when a part fails. */
function pass(line: string, plan: DemoPlan): void {
  const news = newsLine(line, plan);
  if (news !== undefined) (json ? process.stderr : process.stdout).write(`${news}\n`);
  lastLines.push(line);
  if (lastLines.length > 10) lastLines.shift();
}

/**
 * The provider's settings are the demo's own: what the caller has set for another provider, here or in `signoff.yaml`,
 * stays out of it, or people with well-known passwords would be added there.
 */
function providerEnvironment({ port, issuer, apps }: DemoPlan, data: DemoData): NodeJS.ProcessEnv {
  const foreign = /^SIGNOFF_(KEY|KEY_FILE)$/;
  const kept = Object.entries(process.env).filter(([name]) => !foreign.test(name));
  const secrets = apps.map(({ id, settings }) => [secretVariable(id), settings.secret]);
  return {
    SIGNOFF_NAME: 'Signoff demo',
    ...Object.fromEntries([...kept, ...secrets]),
    NODE_ENV: 'development',
    PORT: String(port),
    SIGNOFF_HOST: '127.0.0.1',
    SIGNOFF_ISSUER: issuer,
    SIGNOFF_DATA: data.folder,
    SIGNOFF_STORE: `sqlite:${path.join(data.folder, 'signoff.db')}`,
    SIGNOFF_CLIENTS: data.clients,
    SIGNOFF_OUTBOUND_ALLOW: '127.0.0.0/8,::1',
    SIGNOFF_LOG_FORMAT: 'json',
    // It is ready when it says so.
    SIGNOFF_LOG_LEVEL: 'info',
  };
}

/** The people of the demo, unless they are there from the last run. */
async function addPeople(run: Children['run'], env: NodeJS.ProcessEnv): Promise<void> {
  const list = await signoff(run, env, ['accounts', 'list', '--json']);
  const known = new Set(list.split('\n').map((line) => parse(line)?.['username']));
  for (const { username, password, name, email } of people) {
    if (known.has(username)) continue;
    const claims = ['--email', email, '--claim', `name=${name}`];
    await signoff(run, env, ['accounts', 'add', username, '--password-stdin', ...claims], `${password}\n`);
  }
}

async function signoff(run: Children['run'], env: NodeJS.ProcessEnv, argv: readonly string[], input?: string) {
  const { code, stdout, stderr } = await run({ argv: ['src/cli/cli.ts', ...argv], env }, input);
  // 4: nothing matched, which an empty list may answer.
  if (code !== 0 && code !== 4) throw new Error(`signoff ${argv.slice(0, 3).join(' ')} ended with ${code}:\n${stderr}`);
  return stdout;
}

/** Ends every process, says why if there is something to say, and then itself. Safe twice. */
async function end(code: number, reason?: string): Promise<void> {
  if (ending) return;
  ending = true;
  if (reason !== undefined) process.stderr.write(`${reason}\n`);
  await children.stop();
  process.exit(code);
}
