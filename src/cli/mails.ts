import type { Command } from 'commander';
import { listMails, retryMail, showMail } from '../admin/mails.ts';
import { addGroup, addLeaf, type Context, run } from './command.ts';
import { EXIT } from './exit-codes.ts';
import { type ListOptions, printPages, printRecord } from './listing.ts';
import type { Column } from './terminal.ts';

const COLUMNS: readonly Column[] = [
  ['id', 'MAIL'],
  ['kind', 'KIND'],
  ['to', 'TO'],
  ['state', 'STATE'],
  ['attempts', 'TRIES'],
  ['at', 'WRITTEN'],
  ['next_attempt_at', 'NEXT TRY'],
  ['last_error', 'ERROR'],
];

export function addMails(program: Command, context: Context): void {
  const group = addGroup(program, 'mails', 'which mails were sent to whom');
  addList(group, context);
  addShow(group, context);
  addRetry(group, context);
}

interface FilterOptions extends ListOptions {
  readonly account?: string;
  readonly state?: string;
}

function addList(group: Command, context: Context): void {
  addLeaf(group, {
    usage: 'list',
    summary: 'list mails, newest first',
    examples: ['mails list', 'mails list --state given-up', 'mails list --account alice --json'],
  })
    .option('--account <account>', 'to this account, by name or id')
    .option('--state <state>', 'waiting, sent or given-up')
    .option('--limit <number>', 'at most so many')
    .action(
      run(context, ({ json, limit, ...filter }: FilterOptions) =>
        context.withDesk((desk) =>
          printPages(context.terminal, { json, limit }, COLUMNS, (part) => desk.act(listMails, { ...filter, ...part })),
        ),
      ),
    );
}

function addShow(group: Command, context: Context): void {
  addLeaf(group, {
    usage: 'show <mail>',
    summary: 'show one mail with what it is about, without its link',
    examples: ['mails show 4pV7mXeQ2cA', 'mails show 4pV7mXeQ2cA --json'],
  }).action(
    run(context, (id: string, options: { readonly json?: boolean }) =>
      context.withDesk(async (desk) => {
        printRecord(context.terminal, options.json, await desk.act(showMail, { id }));
        return EXIT.done;
      }),
    ),
  );
}

function addRetry(group: Command, context: Context): void {
  addLeaf(group, {
    usage: 'retry <mail>',
    summary: 'send one now that waits or was given up; a running server does it',
    examples: ['mails retry 4pV7mXeQ2cA', 'mails retry 4pV7mXeQ2cA --json'],
  }).action(
    run(context, (id: string, options: { readonly json?: boolean }) =>
      context.withDesk(async (desk) => {
        const answer = await desk.act(retryMail, { id });
        if (options.json) context.terminal.printJson(answer);
        else context.terminal.print(answer.retried ? `${id} is being sent again.` : `${id} was sent already.`);
        return answer.retried ? EXIT.done : EXIT.nothing;
      }),
    ),
  );
}
