import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { type Account, type Claims, USERNAME_CHARS_MAX } from '../accounts/account.ts';
import { readClaims, withClaimText } from '../accounts/claims.ts';
import type { Config } from '../config.ts';
import { randomId } from '../ops/ids.ts';
import { addAccountEndings } from './account-endings.ts';
import { addGroup, addLeaf, type Context, run } from './command.ts';
import { EXIT, UsageError } from './exit-codes.ts';
import { findAccount, nobody } from './find-account.ts';
import { type ListOptions, printPages, printRecord } from './listing.ts';
import { ACCOUNT_COLUMNS, accountRow } from './rows.ts';

export function addAccounts(program: Command, context: Context): void {
  const group = addGroup(program, 'accounts', 'people who can sign in');
  addAdd(group, context);
  addList(group, context);
  addShow(group, context);
  addEnable(group, context);
  addAccountEndings(group, context);
}

interface AddOptions {
  readonly json?: boolean;
  readonly passwordStdin?: boolean;
  readonly email?: string;
  readonly claim: readonly string[];
  readonly claims?: string;
}

function addAdd(group: Command, context: Context): void {
  const { terminal, ask } = context;
  addLeaf(group, {
    usage: 'add <name>',
    summary: 'make an account; makes the store too where there is none',
    examples: [
      'accounts add alice',
      'accounts add alice --password-stdin --email alice@example.org < password.txt',
      'accounts add alice --claim given_name=Alice --claim address.country=DE --claims more.json',
    ],
  })
    .option('--password-stdin', 'read the password from standard input')
    .option('--email <address>', 'the claim "email"')
    .option('--claim <name=value>', 'a claim; may be given again', collect, [])
    .option('--claims <file>', 'a JSON file with claims')
    .action(
      run(context, async (name: string, options: AddOptions) => {
        const config = context.config();
        const username = checkedUsername(name);
        const claims = claimsOf(options, context.cwd, config);
        const password = await ask.newPassword(options.passwordStdin ?? false);
        return context.withProduct(
          async ({ store, clock, passwords }) => {
            const account = newAccount(username, claims, await passwords.hash(password), clock.now());
            if ((await store.accounts.create(account)) === 'taken') {
              throw new UsageError(`There is an account ${username} already; choose another name.`);
            }
            if (options.json) terminal.printJson(accountRow(account));
            else terminal.print(`Account ${username} is there (${account.id}).`);
            return EXIT.done;
          },
          { create: true },
        );
      }),
    );
}

function newAccount(username: string, claims: Claims, passwordHash: string, now: number): Account {
  const fresh = { state: 'active', generation: 0, createdAt: now, passwordChangedAt: now } as const;
  return { id: randomId(), username, claims, passwordHash, ...fresh };
}

function checkedUsername(name: string): string {
  const username = name.normalize('NFC').trim();
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (username === '' || username.length > USERNAME_CHARS_MAX || /[\u0000-\u001f\u007f-\u009f]/.test(username)) {
    throw new UsageError('A user name has 1 to 256 characters, and no control characters.');
  }
  return username;
}

/** `--claims FILE`, then each `--claim`, then `--email`: what is typed wins over what is in a file. */
function claimsOf(options: AddOptions, cwd: string, config: Config): Claims {
  let claims: Claims = options.claims === undefined ? {} : claimsFile(resolve(cwd, options.claims));
  for (const assignment of options.claim) {
    const more = withClaimText(claims, assignment);
    if (!more) throw new UsageError(`--claim ${assignment} must be name=value.`);
    claims = more;
  }
  if (options.email !== undefined) claims = { ...claims, email: options.email };
  const read = readClaims(claims, Object.values(config.scopes).flat());
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

function addList(group: Command, context: Context): void {
  addLeaf(group, {
    usage: 'list',
    summary: 'list accounts by name',
    examples: ['accounts list', 'accounts list --limit 20 --json'],
  })
    .option('--limit <number>', 'at most so many')
    .action(
      run(context, (options: ListOptions) =>
        context.withProduct(({ store }) =>
          printPages(context.terminal, options, ACCOUNT_COLUMNS, {
            page: (page) => store.accounts.list(page),
            idOf: (account) => account.id,
            row: accountRow,
          }),
        ),
      ),
    );
}

function addShow(group: Command, context: Context): void {
  addLeaf(group, {
    usage: 'show <account>',
    summary: 'show one account with its claims; by name or id',
    examples: ['accounts show alice', 'accounts show alice --json'],
  }).action(
    run(context, (name: string, options: { json?: boolean }) =>
      context.withProduct(async (product) => {
        const account = await findAccount(product, name);
        if (!account) return nobody(context, name);
        const { claims, generation } = account;
        printRecord(context.terminal, options.json, { ...accountRow(account), generation, claims });
        return EXIT.done;
      }),
    ),
  );
}

function addEnable(group: Command, context: Context): void {
  addLeaf(group, {
    usage: 'enable <account>',
    summary: 'let a disabled account sign in again',
    examples: ['accounts enable alice'],
  }).action(
    run(context, (name: string, options: { json?: boolean }) =>
      context.withProduct(async (product) => {
        const account = await findAccount(product, name);
        if (!account) return nobody(context, name);
        await product.store.accounts.enable(account.id);
        const now = (await product.store.accounts.find(account.id)) ?? account;
        if (options.json) context.terminal.printJson(accountRow(now));
        else context.terminal.print(`${account.username} may sign in.`);
        return EXIT.done;
      }),
    ),
  );
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}
