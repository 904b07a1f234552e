import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { CLI } from '../support/command.ts';
import { freePort } from '../support/free-port.ts';
import { aCliWorld, type CliWorld } from './cli-world.ts';

let world: CliWorld;
let server: Running | undefined;

beforeEach(async () => {
  world = await aCliWorld();
});
afterEach(async () => {
  await server?.stop();
  server = undefined;
  await world.close();
});

interface Running {
  readonly child: ChildProcess;
  /** The next log line with this event; lines that passed by count. */
  line(event: string): Promise<Record<string, unknown>>;
  stop(): Promise<number | null>;
}

async function start(port: number): Promise<Running> {
  const env = { ...world.env, PORT: String(port), SIGNOFF_LOG_FORMAT: 'json' };
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', CLI, 'start'], {
    cwd: world.folder,
    env,
  });
  const ended = new Promise<number | null>((done) => child.once('exit', done));
  const lines = logOf(createInterface({ input: child.stdout }));
  let stopping = false;
  return {
    child,
    line: (event) => lines(event),
    stop() {
      if (!stopping) child.kill('SIGTERM');
      stopping = true;
      return ended;
    },
  };
}

/** Each line is handed out once, in order, to whoever waits for its event. */
function logOf(lines: Interface): (event: string) => Promise<Record<string, unknown>> {
  const passed: Record<string, unknown>[] = [];
  const waiting: { event: string; found: (line: Record<string, unknown>) => void }[] = [];
  lines.on('line', (text) => {
    const line = JSON.parse(text) as Record<string, unknown>;
    const index = waiting.findIndex((one) => one.event === line['event']);
    if (index < 0) passed.push(line);
    else waiting.splice(index, 1)[0]?.found(line);
  });
  return (event) => {
    const index = passed.findIndex((line) => line['event'] === event);
    const line = passed[index];
    if (line) {
      passed.splice(index, 1);
      return Promise.resolve(line);
    }
    return new Promise((found) => waiting.push({ event, found }));
  };
}

describe('"signoff start"', () => {
  it('says what it ignores, reads client files again on SIGHUP, and ends with 0 on SIGTERM', async () => {
    const port = await freePort();
    world.writeClient('wiki', 'ok');
    world.writeClient('quiet', undefined);
    server = await start(port);
    expect(await server.line('clients.loaded')).toMatchObject({
      active: 2,
      cannot_be_told: 1,
      cannot_be_told_ids: ['quiet'],
    });
    expect(await server.line('server.ready')).toMatchObject({ issuer: `http://localhost:${port}` });
    rmSync(join(world.folder, 'clients', 'quiet.yaml'));
    writeFileSync(join(world.folder, 'clients', 'wiki.yaml'), 'client_id: wiki\nredirect_uri: x\n');
    server.child.kill('SIGHUP');
    expect(await server.line('client.rejected')).toMatchObject({
      file: 'wiki.yaml',
      line: 2,
      field: 'redirect_uri',
      message: 'is not a known name',
    });
    expect(await server.line('client.missing')).toMatchObject({ client_id: 'quiet' });
    expect(await server.line('clients.loaded')).toMatchObject({ active: 1, suspended: 1, rejected: 1 });
    expect(await server.stop()).toBe(0);
  });

  it('delivers what a command ended beside it', async () => {
    const port = await freePort();
    world.writeClient('wiki', 'ok');
    server = await start(port);
    await server.line('server.ready');
    const env = { PORT: String(port) };
    const added = await world.run(['accounts', 'add', 'alice', '--password-stdin', '--json'], {
      input: 'paper-lantern-31',
      env,
    });
    const uid = await world.signIn((JSON.parse(added.stdout) as { id: string }).id, 'wiki');
    const { code, stdout } = await world.run(['logout', '--session', uid, '--json'], { env });
    expect([code, JSON.parse(stdout)]).toMatchObject([0, { state: 'settled', counts: { told: 1 } }]);
    expect(await server.line('delivery.attempted')).toMatchObject({ client_id: 'wiki', verdict: 'delivered' });
    expect(world.arrived).toHaveLength(1);
  });

  it('names a port that is taken, and the way out', async () => {
    const blocker = createServer();
    await new Promise<void>((listening) => blocker.listen(0, '127.0.0.1', listening));
    const { port } = blocker.address() as { port: number };
    const { code, stderr } = await world.run(['start'], { env: { PORT: String(port) } });
    await new Promise((closed) => blocker.close(closed));
    expect(code).toBe(2);
    expect(stderr).toContain(`Port ${port} is taken`);
  });

  it('says which setting to change where the machine refuses', async () => {
    const port = { PORT: String(await freePort()) };
    const nowhere = await world.run(['start'], { env: { ...port, SIGNOFF_HOST: 'no.such.host.invalid' } });
    expect([nowhere.code, nowhere.stderr]).toEqual([2, expect.stringContaining('Check SIGNOFF_HOST and PORT')]);
    const noFolder = await world.run(['start'], { env: { ...port, SIGNOFF_CLIENTS: CLI } });
    expect([noFolder.code, noFolder.stderr]).toEqual([2, expect.stringContaining('Check SIGNOFF_CLIENTS')]);
  });

  it('in production lists all that is missing, at once', async () => {
    const env = { NODE_ENV: 'production', SIGNOFF_STORE: 'mongodb://db/signoff?replicaSet=rs0' };
    const { code, stderr } = await world.run(['start'], { env });
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /SIGNOFF_ISSUER must be set[\s\S]*SIGNOFF_PROXY must be set[\s\S]*SIGNOFF_KEY or SIGNOFF_KEY_FILE must be set/,
    );
  });
});
