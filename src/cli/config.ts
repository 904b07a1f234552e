import type { Command } from 'commander';
import { addLeaf, type Context, run } from './command.ts';
import { EXIT } from './exit-codes.ts';
import { printRows } from './listing.ts';
import type { Column } from './terminal.ts';

const COLUMNS: readonly Column[] = [
  ['name', 'SETTING'],
  ['value', 'VALUE'],
  ['default', 'DEFAULT'],
  ['origin', 'FROM'],
  ['sentence', 'WHAT IT IS'],
];

export function addConfig(program: Command, context: Context): void {
  addLeaf(program, {
    usage: 'config',
    summary: 'show every setting: value, default, where it comes from; secrets hidden',
    examples: ['config', 'config --json'],
  }).action(
    run(context, async (options: { readonly json?: boolean }) => {
      const { origins } = context.config();
      printRows(
        context.terminal,
        options.json,
        COLUMNS,
        origins.map((row) => ({ ...row })),
      );
      return EXIT.done;
    }),
  );
}
