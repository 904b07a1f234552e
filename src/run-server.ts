/** The server as a process: from settings to listening, until a signal ends it. `main.ts` and `signoff start` run it. */
import type { Config } from './config.ts';
import { AppError } from './errors.ts';
import { systemClock } from './ops/clock.ts';
import { createLog, type Log } from './ops/log.ts';
import { giveBackStart } from './ops/start-garbage.ts';
import type { Server } from './wire-server.ts';

/** One Ctrl-C arrives up to three times: from the terminal, from npm and from the launcher. */
const SAME_WISH_MS = 1000;

/**
 * Serves until SIGTERM or SIGINT; SIGHUP reads the client files, and the file of places, again. Rejects when it cannot start; a second signal
 * gives up waiting.
 */
export async function runServer(config: Config, env: NodeJS.ProcessEnv): Promise<void> {
  const log = createLog({ level: config.logLevel, format: config.logFormat });
  routeConsole(log);
  const server = await startOrExplain(config, log, env);
  const reload = () => void server.reloadClients().catch((error: unknown) => log.error('clients.not_read', { error }));
  process.on('SIGHUP', reload);
  const told = untilTold();
  // Whoever reads this line may send a signal at once.
  log.info('server.ready', { issuer: config.issuer, port: server.port, store: config.store.kind, pid: process.pid });
  await giveBackStart();
  const signal = await told;
  log.info('server.stopping', { signal });
  const toldAt = Date.now();
  process.on(signal, () => Date.now() - toldAt > SAME_WISH_MS && process.exit(1));
  await server.stop();
  process.off('SIGHUP', reload);
  log.info('server.stopped', {});
}

/**
 * Standard output is for the log alone, but libraries speak through the console: oidc-provider does not know Node
 * releases younger than itself and says so at each start. Set before it is loaded.
 */
function routeConsole(log: Log): void {
  const note = (...words: readonly unknown[]) => log.debug('library.noticed', { message: words.join(' ') });
  console.info = note;
  console.warn = note;
}

async function startOrExplain(config: Config, log: Log, env: NodeJS.ProcessEnv): Promise<Server> {
  const { startServer } = await import('./wire-server.ts');
  try {
    return await startServer(config, { clock: systemClock, log }, env);
  } catch (error) {
    throw explained(config, error);
  }
}

/** Where we listen, and which settings say so. */
interface Listening {
  readonly host: string;
  readonly port: number;
  readonly names: { readonly host: string; readonly port: string };
}

/** What the system says about an address to listen on, as a setting to change. */
function explained(config: Config, error: unknown): unknown {
  const { code, syscall, port } = error as NodeJS.ErrnoException & { readonly port?: number };
  const where = whereOf(config, port);
  if (code === 'EADDRINUSE') return portTaken(where, error);
  return syscall === 'listen' || syscall === 'getaddrinfo' ? cannotListen(where, code, error) : error;
}

function whereOf({ host, port, metricsHost, metricsPort }: Config, failed: number | undefined): Listening {
  if (failed === undefined || failed !== metricsPort)
    return { host, port, names: { host: 'SIGNOFF_HOST', port: 'PORT' } };
  return { host: metricsHost, port: failed, names: { host: 'SIGNOFF_METRICS_HOST', port: 'SIGNOFF_METRICS_PORT' } };
}

function cannotListen({ host, port, names }: Listening, code: string | undefined, cause: unknown): AppError {
  return new AppError({
    code: 'cannot_listen',
    status: 500,
    publicMessage: `This machine does not let us listen on ${host}, port ${port} (${code}). Check ${names.host} and ${names.port}; ports below 1024 need permission.`,
    cause,
  });
}

function portTaken({ port, names }: Listening, cause: unknown): AppError {
  return new AppError({
    code: 'port_taken',
    status: 500,
    publicMessage: `Port ${port} is taken by another program. Stop that one, or set ${names.port} to a free one, like ${names.port}=${port + 1000}.`,
    cause,
  });
}

function untilTold(): Promise<'SIGTERM' | 'SIGINT'> {
  return new Promise((told) => {
    process.once('SIGTERM', () => told('SIGTERM'));
    process.once('SIGINT', () => told('SIGINT'));
  });
}
