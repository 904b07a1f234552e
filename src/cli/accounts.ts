import type { Command } from 'commander';
import { addAccount, checkedUsername, enableAccount, listAccounts, showAccount } from '../admin/accounts.ts';
import { addAccountEndings } from './account-endings.ts';
import { addAccountUpdate } from './account-update.ts';
import { type ClaimOptions, claimsOf, withClaimOptions } from './claim-options.ts';
import { addGroup, addLeaf, type Context, run } from './command.ts';
import { EXIT } from './exit-codes.ts';
import { type ListOptions, printPages, printRecord } from './listing.ts';
import { REASON } from './reason-option.ts';
import type { Column } from './terminal.ts';

const COLUMNS: readonly Column[] = [
  ['username', 'ACCOUNT'],
  ['id', 'ID'],
  ['state', 'STATE'],
  ['name', 'NAME'],
  ['email', 'E-MAIL'],
  ['created_at', 'SINCE'],
];

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
        // Before somebody types a password twice, and before a store is made.
        const username = checkedUsername(name);
        const claims = claimsOf(options, {}, context);
        const password = await ask.newPassword(options.passwordStdin ?? false);
        return context.withDesk(
          async (desk) => {
            const { claims: _, generation: __, ...row } = await desk.act(addAccount, { username, password, claims });
            if (options.json) terminal.printJson(row);
            else terminal.print(`Account ${row.username} is there (${row.id}).`);
            return EXIT.done;
          },
          { create: true },
        );
      }),
    );
}

function addList(group: Command, context: Context): void {
  addLeaf(group, {
    usage: 'list',
    summary: 'list accounts by name',
    examples: ['accounts list', 'accounts list --search ali', 'accounts list --limit 20 --json'],
  })
    .option('--search <text>', 'those whose user name begins so, or has this verified e-mail address')
    .option('--limit <number>', 'at most so many')
    .action(
      run(context, (options: ListOptions & { readonly search?: string }) =>
        context.withDesk((desk) =>
          printPages(context.terminal, options, COLUMNS, (part) =>
            desk.act(listAccounts, { ...part, search: options.search }),
          ),
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
    run(context, (account: string, options: { json?: boolean }) =>
      context.withDesk(async (desk) => {
        printRecord(context.terminal, options.json, await desk.act(showAccount, { account }));
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
  })
    .option(...REASON)
    .action(
      run(context, (account: string, options: { json?: boolean; reason?: string }) =>
        context.withDesk(async (desk) => {
          const { reason } = options;
          const { claims: _, generation: __, ...row } = await desk.act(enableAccount, { account, reason });
          if (options.json) context.terminal.printJson(row);
          else context.terminal.print(`${row.username} may sign in.`);
          return EXIT.done;
        }),
      ),
    );
}
