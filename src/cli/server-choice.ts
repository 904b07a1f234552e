import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { isLoopbackHost } from '../ops/network.ts';
import type { Context } from './command.ts';
import { UsageError } from './exit-codes.ts';

/** A server that does what commands say, and what lets them. */
export interface Server {
  /** Its issuer, without a slash at the end. */
  readonly url: string;
  readonly token: string;
}

/** Options of the program, which are heard wherever they stand. */
export interface ServerOptions {
  readonly server?: string;
  readonly tokenFile?: string;
}

export function withServerOptions(program: Command): Command {
  return program
    .option('--server <url>', 'do it at this server, by its API (or SIGNOFF_SERVER)')
    .option('--token-file <file>', 'holds a token for that (tokens add; or SIGNOFF_TOKEN)');
}

/** Undefined where none was named: then the command works on the store itself. Throws `UsageError`. */
export function serverChoice(options: ServerOptions, { env, cwd }: Pick<Context, 'env' | 'cwd'>): Server | undefined {
  const url = options.server ?? env['SIGNOFF_SERVER'];
  if (url === undefined || url === '') {
    if (options.tokenFile !== undefined) throw new UsageError('--token-file goes with --server.');
    return undefined;
  }
  return { url: checkedUrl(url), token: tokenOf(options, env['SIGNOFF_TOKEN'], cwd) };
}

/** Throws `UsageError` where a server was named: this command is about this machine. */
export function assertHere({ server }: Pick<Context, 'server'>): void {
  if (server() !== undefined)
    throw new UsageError('This command works on this machine alone: leave --server, or SIGNOFF_SERVER, out.');
}

function checkedUrl(text: string): string {
  const url = URL.parse(text);
  // Whoever reads the token on its way can do what it may.
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopbackHost(url.hostname));
  if (!url || !isSafe || url.username !== '' || url.search !== '' || url.hash !== '')
    throw new UsageError('--server must be an address like https://id.example.org; http only on this machine.');
  return url.href.replace(/\/+$/, '');
}

function tokenOf({ tokenFile }: ServerOptions, given: string | undefined, cwd: string): string {
  const token = (tokenFile === undefined ? given : fileText(resolve(cwd, tokenFile)))?.trim();
  if (token === undefined || token === '')
    throw new UsageError(
      'A server wants a token: --token-file FILE, or SIGNOFF_TOKEN. "signoff tokens add" makes one.',
    );
  if (/^[\w.~+/=-]{1,500}$/.test(token)) return token;
  throw new UsageError(`${tokenFile ?? 'SIGNOFF_TOKEN'} does not hold a token.`);
}

function fileText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new UsageError(`${path} cannot be read (${(error as NodeJS.ErrnoException).code}).`);
  }
}
