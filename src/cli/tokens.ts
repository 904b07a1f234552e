import type { Command } from 'commander';
import { addToken, listTokens, revokeToken } from '../admin/tokens.ts';
import { addGroup, addLeaf, type Context, run } from './command.ts';
import { EXIT } from './exit-codes.ts';
import { type ListOptions, printPages } from './listing.ts';
import { printOnce } from './shown-once.ts';
import type { Column } from './terminal.ts';

const COLUMNS: readonly Column[] = [
  ['id', 'TOKEN'],
  ['name', 'NAME'],
  ['account_id', 'ACCOUNT'],
  ['scopes', 'SCOPES'],
  ['expires_at', 'EXPIRES'],
];

interface AddOptions {
  readonly json?: boolean;
  readonly name: string;
  readonly scope: readonly string[];
  readonly expires: string;
}

export function addTokens(program: Command, context: Context): void {
  const group = addGroup(program, 'tokens', 'personal access tokens of operators, for the API');
  addAdd(group, context);
  addList(group, context);
  addRevoke(group, context);
}

function addAdd(group: Command, context: Context): void {
  addLeaf(group, {
    usage: 'add <account>',
    summary: 'make a token for an operator; it is shown once',
    examples: [
      'tokens add alice --scope signoff.read',
      'tokens add alice --name ci --scope signoff.read --scope signoff.clients --expires 30d --json',
    ],
  })
    .option('--name <text>', 'what it is for', 'command line')
    .option('--scope <scope>', 'what it may do; may be given again', (one, all: string[]) => [...all, one], [])
    .option('--expires <duration>', 'how long it works', '90d')
    .action(
      run(context, (account: string, { json, name, scope, expires }: AddOptions) =>
        context.withDesk(async (desk) => {
          const scopes = scope.flatMap((one) => one.split(/[\s,]+/)).filter((one) => one !== '');
          const row = await desk.act(addToken, { account, name, scopes, expires_in: expires });
          printOnce(context.terminal, row, json);
          return EXIT.done;
        }),
      ),
    );
}

function addList(group: Command, context: Context): void {
  addLeaf(group, {
    usage: 'list',
    summary: 'list tokens, oldest first',
    examples: ['tokens list', 'tokens list --account alice --json'],
  })
    .option('--account <account>', 'of this account, by name or id')
    .option('--limit <number>', 'at most so many')
    .action(
      run(context, ({ json, limit, ...filter }: ListOptions & { readonly account?: string }) =>
        context.withDesk((desk) =>
          printPages(context.terminal, { json, limit }, COLUMNS, (part) =>
            desk.act(listTokens, { ...filter, ...part }),
          ),
        ),
      ),
    );
}

function addRevoke(group: Command, context: Context): void {
  addLeaf(group, {
    usage: 'revoke <token>',
    summary: 'make a token worthless, by its id',
    examples: ['tokens revoke 4pV7mXeQ2cA'],
  }).action(
    run(context, (id: string, { json }: { readonly json?: boolean }) =>
      context.withDesk(async (desk) => {
        const row = await desk.act(revokeToken, { id });
        if (json) context.terminal.printJson(row);
        else context.terminal.print(`${row.name} is revoked.`);
        return EXIT.done;
      }),
    ),
  );
}
