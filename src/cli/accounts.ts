import type { Command } from 'commander';
import { type Account, type Claims, USERNAME_CHARS_MAX } from '../accounts/account.ts';
import { randomId } from '../ops/ids.ts';
import { addAccountEndings } from './account-endings.ts';
import { addAccountUpdate } from './account-update.ts';
import { type ClaimOptions, claimsOf, withClaimOptions } from './claim-options.ts';
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
  addAccountUpdate(group, context);
  addEnable(group, context);
  addAccountEndings(group, context);
}

interface AddOptions extends ClaimOptions {
  readonly json?: boolean;
  readonly passwordStdin?: boolean;
}

function addAdd(group: Command, context: Context): void {
  const { terminal, ask } = context;
  const leaf = addLeaf(group, {
    usage: 'add <name>',
    summary: 'make an account; makes the store too where there is none',
    examples: [
      'accounts add alice',
      'accounts add alice --password-stdin --email alice@example.org < password.txt',
      'accounts add alice --claim given_name=Alice --claim address.country=DE --claims more.json',
    ],
  });
  withClaimOptions(leaf)
    .option('--password-stdin', 'read the password from standard input')
    .action(
      run(context, async (name: string, options: AddOptions) => {
        const username = checkedUsername(name);
        const claims = claimsOf(options, {}, context);
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
  const fresh = {
    state: 'active',
    generation: 0,
    createdAt: now,
    passwordChangedAt: now,
    mustChangePassword: false,
    locale: undefined,
  } as const;
  return { id: randomId(), username, claims, passwordHash, ...fresh };
}

function checkedUsername(name: string): string {
  const username = name.normalize('NFC').trim();
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (username === '' || username.length > USERNAME_CHARS_MAX || /[\u0000-\u001f\u007f-\u009f]/.test(username)) {
    throw new UsageError(`A user name has 1 to ${USERNAME_CHARS_MAX} characters, and no control characters.`);
  }
  return username;
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
