import type { Command } from 'commander';
import { listOperators, newFirstLink, removeRole, setRole } from '../admin/operators.ts';
import { addGroup, addLeaf, type Context, run } from './command.ts';
import { EXIT } from './exit-codes.ts';
import { printRecord, printRows } from './listing.ts';
import { REASON } from './reason-option.ts';
import type { Column } from './terminal.ts';

const COLUMNS: readonly Column[] = [
  ['username', 'ACCOUNT'],
  ['account_id', 'ID'],
  ['role', 'ROLE'],
  ['since', 'SINCE'],
];

interface Options {
  readonly json?: boolean;
  readonly role?: string;
  readonly reason?: string;
}

export function addOperators(program: Command, context: Context): void {
  const group = addGroup(program, 'operators', 'who runs this service: support, operator or owner');
  addAdd(group, context);
  addList(group, context);
  addRemove(group, context);
  addLink(group, context);
}

function addAdd(group: Command, context: Context): void {
  addLeaf(group, {
    usage: 'add <account>',
    summary: 'give an account its role; one that it has is changed',
    examples: ['operators add alice --role owner', 'operators add bob --role support --json'],
  })
    .option('--role <role>', 'support (ends one person’s sessions), operator or owner', 'operator')
    .option(...REASON)
    .action(
      run(context, (account: string, { json, ...given }: Options) =>
        context.withDesk(async (desk) => {
          const row = await desk.act(setRole, { account, ...given });
          if (json) context.terminal.printJson(row);
          else context.terminal.print(`${row.username} is ${row.role} now.`);
          return EXIT.done;
        }),
      ),
    );
}

function addList(group: Command, context: Context): void {
  addLeaf(group, {
    usage: 'list',
    summary: 'list accounts with a role',
    examples: ['operators list', 'operators list --json'],
  }).action(
    run(context, ({ json }: Options) =>
      context.withDesk(async (desk) => {
        printRows(context.terminal, json, COLUMNS, (await desk.act(listOperators, {})).items);
        return EXIT.done;
      }),
    ),
  );
}

function addRemove(group: Command, context: Context): void {
  addLeaf(group, {
    usage: 'remove <account>',
    summary: 'take the role away; tokens of the account do nothing from now on',
    examples: ['operators remove bob'],
  })
    .option(...REASON)
    .action(
      run(context, (account: string, { json, ...given }: Options) =>
        context.withDesk(async (desk) => {
          const row = await desk.act(removeRole, { account, ...given });
          if (json) context.terminal.printJson(row);
          else context.terminal.print(`${row.username} has no role any more.`);
          return EXIT.done;
        }),
      ),
    );
}

function addLink(group: Command, context: Context): void {
  addLeaf(group, {
    usage: 'link',
    summary: 'make a new link for the first owner: works once, within 15 minutes',
    examples: ['operators link', 'operators link --json'],
  }).action(
    run(context, ({ json }: Options) =>
      context.withDesk(async (desk) => {
        const link = await desk.act(newFirstLink, {});
        if (json) printRecord(context.terminal, true, link);
        else context.terminal.print(link.url);
        return EXIT.done;
      }),
    ),
  );
}
