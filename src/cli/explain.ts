import type { Command } from 'commander';
import type { z } from 'zod';
import { isRetriable } from '../admin/deliveries.ts';
import { explain } from '../admin/explain.ts';
import { ASKINGS } from '../logout/policy-rows.ts';
import { addLeaf, type Context, run } from './command.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { printRecord, printRows } from './listing.ts';
import type { Column, Terminal } from './terminal.ts';

interface ExplainOptions {
  readonly json?: boolean;
  readonly client?: string;
  readonly account?: string;
  readonly asking?: string;
  readonly scope?: string;
  readonly delivery?: string;
  readonly logout?: string;
}

export function addExplain(program: Command, context: Context): void {
  addLeaf(program, {
    usage: 'explain',
    summary: 'say what a sign-off at an app would do, or why an app was (not) told',
    examples: [
      'explain --client wiki',
      'explain --client wiki --account alice --json',
      'explain --client wiki --asking good-hint --scope all-here',
      'explain --delivery 4pV7mXeQ2cA',
      'explain --logout x7Qm2cA9pVd --client wiki',
    ],
  })
    .option('--client <client_id>', 'the app')
    .option('--account <account>', 'the person, by name or id: what is there to end')
    .option('--asking <row>', `only this row of the table: ${ASKINGS.join(', ')}`)
    .option('--scope <scope>', 'as if the app asked for this by logout_scope')
    .option('--delivery <id>', 'why this app was, or was not, told')
    .option('--logout <id>', 'the same by the logout and --client')
    .action(
      run(context, ({ json, asking, scope, ...given }: ExplainOptions) =>
        context.withDesk(async (desk) => {
          const says = asking !== undefined || scope !== undefined;
          const input = { ...given, ...(says && { request: { asking, logout_scope: scope } }) };
          return report(context.terminal, await desk.act(explain, input), json);
        }),
      ),
    );
}

type Explained = z.output<typeof explain.output>;
type Told = Exclude<Explained, { readonly rows: unknown } | { readonly deliveries: unknown }>;

const ROW_COLUMNS: readonly Column[] = [
  ['asked', 'ASKED WITH'],
  ['sentence', 'THEN'],
];

function report(terminal: Terminal, explained: Explained, json: boolean | undefined): ExitCode {
  if (json) terminal.printJson(explained);
  else print(terminal, explained);
  return 'deliveries' in explained && explained.deliveries.length === 0 ? EXIT.nothing : EXIT.done;
}

function print(terminal: Terminal, explained: Explained): void {
  if ('rows' in explained) {
    const { client, account, rows } = explained;
    printRecord(terminal, false, { ...client, ...(account && { account }) });
    terminal.print('');
    printRows(terminal, false, ROW_COLUMNS, rows);
  } else if ('deliveries' in explained) {
    for (const each of explained.deliveries) printTold(terminal, each);
    if (explained.why !== null) terminal.print(explained.why);
  } else printTold(terminal, explained);
}

/** With what to type, where that would help. */
function printTold(terminal: Terminal, told: Told): void {
  printRecord(terminal, false, told);
  if (!isRetriable(told.state)) return;
  terminal.print(`What it said: signoff deliveries show ${told.id}`);
  terminal.print(`Send it again: signoff deliveries retry ${told.id}`);
}
