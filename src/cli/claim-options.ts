import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { Claims } from '../accounts/account.ts';
import { readClaims, withClaimText } from '../accounts/claims.ts';
import type { Context } from './command.ts';
import { UsageError } from './exit-codes.ts';

/** Claims as commands are told them. */
export interface ClaimOptions {
  readonly email?: string;
  readonly claim: readonly string[];
  readonly claims?: string;
}

export function withClaimOptions(command: Command): Command {
  return command
    .option('--email <address>', 'the claim "email"; may sign in once email_verified is true, too')
    .option('--claim <name=value>', 'a claim; may be given again', collect, [])
    .option('--claims <file>', 'a JSON file with claims');
}

/** `--claims FILE`, then each `--claim`, then `--email`: what is typed wins over what is in a file. A part of an address goes into the one `before`. */
export function claimsOf(options: ClaimOptions, before: Claims, { cwd, config, server }: Context): Claims {
  let given: Claims = options.claims === undefined ? {} : claimsFile(resolve(cwd, options.claims));
  for (const assignment of options.claim) {
    const name = assignment.split(/[.=]/, 1)[0] ?? '';
    const more = withClaimText({ [name]: before[name], ...given }, assignment);
    if (!more) throw new UsageError(`--claim ${assignment} must be name=value.`);
    given = more;
  }
  if (options.email !== undefined) given = { ...given, email: options.email };
  // Which names there are, a server knows itself.
  if (server() !== undefined) return given;
  const read = readClaims(given, Object.values(config().scopes).flat());
  if (!read.ok) throw new UsageError(read.problems.join('\n'));
  return read.claims;
}

function claimsFile(path: string): Claims {
  try {
    const content: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (typeof content === 'object' && content !== null && !Array.isArray(content)) return content as Claims;
  } catch (error) {
    throw new UsageError(`${path} cannot be read as JSON: ${(error as Error).message}`);
  }
  throw new UsageError(`${path} must hold one JSON object: {"given_name": "Alice"}`);
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}
