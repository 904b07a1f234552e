import type { Command } from 'commander';
import type { Config } from '../config.ts';
import type { Ask } from './ask.ts';
import { unmarkIds } from './dashed-ids.ts';
import type { Desk } from './desk.ts';
import { EXIT_CODE_HELP, type ExitCode } from './exit-codes.ts';
import type { Product } from './product.ts';
import type { Server } from './server-choice.ts';
import type { Terminal } from './terminal.ts';

/** What every command is handed. */
export interface Context {
  readonly terminal: Terminal;
  readonly ask: Ask;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Reads the settings; wrong ones, and a server that was named, end the command with exit code 2. */
  config(): Config;
  /** The server that was named; undefined where the command works on the store itself. */
  server(): Server | undefined;
  /** Runs where use cases are done: at the server that was named, else on the configured store. */
  withDesk<T>(work: (desk: Desk) => Promise<T>, options?: { readonly create: boolean }): Promise<T>;
  /** Runs with the product on the configured store, and closes it whatever happens. */
  withProduct<T>(work: (product: Product) => Promise<T>, options?: { readonly create: boolean }): Promise<T>;
  /** Starts the server; settles when it has stopped. */
  serve(config: Config): Promise<void>;
  /** How the process will end. */
  finish(code: ExitCode): void;
}

/** A command as help shows it: examples first, then the rest. */
export interface Leaf {
  /** Name and arguments, as commander writes them: `show <account>`. */
  readonly usage: string;
  readonly summary: string;
  /** Complete commands after `signoff`. Tests parse every one. */
  readonly examples: readonly string[];
  /** Prints an answer, as text or with `--json`. */
  readonly answers?: false;
}

/** Adds a command with its examples, its exit codes and `--json`. */
export function addLeaf(parent: Command, leaf: Leaf): Command {
  const examples = leaf.examples.map((example) => `  signoff ${example}`).join('\n');
  const command = parent.command(leaf.usage).description(leaf.summary);
  if (leaf.answers !== false) command.option('--json', 'one JSON document on standard output (lists: one a line)');
  command.configureHelp({ showGlobalOptions: true });
  return command.addHelpText('before', `Examples:\n${examples}\n`).addHelpText('after', `\n${EXIT_CODE_HELP}`);
}

/** Adds a group such as `accounts`, which by itself only shows its help. */
export function addGroup(parent: Command, name: string, summary: string): Command {
  return parent.command(name).description(summary);
}

/** Wraps a command's work so that its answer becomes the exit code. */
export function run<Args extends readonly unknown[]>(
  context: Context,
  work: (...args: Args) => Promise<ExitCode>,
): (...args: Args) => Promise<void> {
  return async (...args) => context.finish(await work(...unmarkIds(args)));
}
