/**
 * The command line, for operators and scripts (DESIGN §12). Each command is a file of this folder; what they share is
 * `command.ts`. Heavy parts are loaded by the commands that need them, so that help and mistakes answer at once.
 */
import { existsSync } from 'node:fs';
import { type Command, CommanderError } from 'commander';
import { type Config, readConfig } from '../config.ts';
import { AppError } from '../errors.ts';
import { systemClock } from '../ops/clock.ts';
import { createLog } from '../ops/log.ts';
import { createAsk } from './ask.ts';
import type { Context } from './command.ts';
import { markIds } from './dashed-ids.ts';
import { localDesk } from './desk.ts';
import { EXIT, type ExitCode, exitCodeOf, UsageError } from './exit-codes.ts';
import type { Product } from './product.ts';
import { createProgram } from './program.ts';
import { assertHere, type ServerOptions, serverChoice } from './server-choice.ts';
import { createTerminal, type Streams, type Terminal } from './terminal.ts';

/** Where a command stands: of this process, where it is not said. */
interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
}

/** Runs one command; answers the exit code. Never throws. */
export async function runCli(
  args: readonly string[],
  streams: Streams,
  surroundings: Surroundings = { env: process.env, cwd: process.cwd() },
): Promise<ExitCode> {
  // Whoever reads us may stop reading: `signoff deliveries list --json | head -1`.
  for (const stream of [streams.stdout, streams.stderr]) stream.on('error', ignoreClosedPipe);
  const terminal = createTerminal(streams);
  let code: ExitCode = EXIT.done;
  const finish: Context['finish'] = (finished) => {
    code = finished;
  };
  const given = () => program.opts<ServerOptions>();
  const program: Command = createProgram(createContext(terminal, surroundings, { finish, given }));
  try {
    await program.parseAsync(markIds(args), { from: 'user' });
    return code;
  } catch (error) {
    return failed(terminal, error);
  }
}

function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}

function createContext(
  terminal: Terminal,
  surroundings: Surroundings,
  { finish, given }: Pick<Context, 'finish'> & { readonly given: () => ServerOptions },
): Context {
  let config: Config | undefined;
  const server = () => serverChoice(given(), surroundings);
  const settings = () => {
    assertHere({ server });
    config ??= readSettings(terminal, surroundings);
    return config;
  };
  const context: Context = {
    terminal,
    ask: createAsk(terminal),
    ...surroundings,
    config: settings,
    server,
    async withDesk(work, options) {
      const chosen = server();
      if (!chosen) return context.withProduct((product) => work(localDesk(product)), options);
      const { remoteDesk } = await import('./remote-desk.ts');
      return work(remoteDesk(chosen));
    },
    async withProduct(work, options = { create: false }) {
      const product = await open(settings(), options);
      try {
        return await work(product);
      } finally {
        await product.close();
      }
    },
    async serve(wanted) {
      const { runServer } = await import('../run-server.ts');
      await runServer(wanted, surroundings.env);
    },
    finish,
  };
  return context;
}

function readSettings({ streams }: Terminal, surroundings: Surroundings): Config {
  const result = readConfig({ ...surroundings, terminal: streams.stdout.isTTY ?? false });
  if (result.ok) return result.config;
  throw new UsageError(['These settings need a change:', ...result.problems.map((one) => `  ${one}`)].join('\n'));
}

async function open(config: Config, options: { readonly create: boolean }): Promise<Product> {
  const { store } = config;
  if (store.kind === 'sqlite' && !options.create && !existsSync(store.path)) throw noStore(store.path);
  const { openProduct } = await import('../wire.ts');
  // Standard output is for answers; what goes wrong in the background belongs to standard error.
  const log = createLog({ level: 'error', format: 'json', destination: 2 });
  return openProduct(config, { clock: systemClock, log }, options);
}

/** Said before the key file is missed, which would send people looking for a key. */
function noStore(path: string): AppError {
  return new AppError({
    code: 'store_missing',
    status: 500,
    publicMessage: `There is no store at ${path}. Signoff makes one when it starts, or with the first "accounts add".`,
  });
}

function failed(terminal: Terminal, error: unknown): ExitCode {
  // Commander has said what it had to say: help on standard output, mistakes on standard error.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  for (const line of messageOf(error).split('\n')) terminal.note(line);
  return exitCodeOf(error);
}

function messageOf(error: unknown): string {
  if (error instanceof AppError) return withCause(error);
  if (error instanceof UsageError) return error.message;
  return error instanceof Error ? `Something went wrong: ${error.stack ?? error.message}` : String(error);
}

/** The cause of a store that is out of reach tells an operator what to look for. */
function withCause({ publicMessage, cause }: AppError): string {
  return cause instanceof Error ? `${publicMessage}\n(${cause.message})` : publicMessage;
}
