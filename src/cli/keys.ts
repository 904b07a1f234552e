import { type Command, Option } from 'commander';
import { listKeys, retireKey, rotateKeys } from '../admin/keys.ts';
import { addGroup, addLeaf, type Context, run } from './command.ts';
import { EXIT } from './exit-codes.ts';
import { printRows } from './listing.ts';
import { REASON } from './reason-option.ts';
import type { Column } from './terminal.ts';

const COLUMNS: readonly Column[] = [
  ['kid', 'KEY'],
  ['alg', 'ALG'],
  ['state', 'STATE'],
  ['created_at', 'MADE'],
  ['signs_from', 'SIGNS FROM'],
  ['retired_at', 'RETIRED'],
];

interface RotateOptions {
  readonly json?: boolean;
  readonly leaked?: boolean;
  readonly now?: boolean;
  readonly cookies?: boolean;
  readonly reason?: string;
}

export function addKeys(program: Command, context: Context): void {
  const group = addGroup(program, 'keys', 'keys that sign ID tokens and logout tokens');
  addList(group, context);
  addRotate(group, context);
  addRetire(group, context);
}

function addList(group: Command, context: Context): void {
  addLeaf(group, {
    usage: 'list',
    summary: 'list signing keys, oldest first',
    examples: ['keys list', 'keys list --json'],
  }).action(
    run(context, (options: { readonly json?: boolean }) =>
      context.withDesk(async (desk) => {
        printRows(context.terminal, options.json, COLUMNS, (await desk.act(listKeys, {})).items);
        return EXIT.done;
      }),
    ),
  );
}

function addRotate(group: Command, context: Context): void {
  addLeaf(group, {
    usage: 'rotate',
    summary: 'make new keys: published at once, signing after 10 minutes',
    examples: ['keys rotate', 'keys rotate --leaked', 'keys rotate --cookies'],
  })
    .option('--leaked', 'an old one has leaked: sign at once, and believe no older key any more')
    .option('--cookies', 'the key that signs browser cookies instead; with --leaked every browser signs in again')
    .option(...REASON)
    // Its first name.
    .addOption(new Option('--now').hideHelp())
    .action(
      run(context, ({ json, leaked, now, cookies, reason }: RotateOptions) =>
        context.withDesk(async (desk) => {
          const how = { leaked: leaked ?? now ?? false, cookies: cookies ?? false, reason };
          printRows(context.terminal, json, COLUMNS, (await desk.act(rotateKeys, how)).items);
          return EXIT.done;
        }),
      ),
    );
}

function addRetire(group: Command, context: Context): void {
  addLeaf(group, {
    usage: 'retire <kid>',
    summary: 'take a key out of the published set for good',
    examples: ['keys retire rs256-mJ3vQw1x'],
  })
    .option(...REASON)
    .action(
      run(context, (kid: string, options: { readonly json?: boolean; readonly reason?: string }) =>
        context.withDesk(async (desk) => {
          printRows(context.terminal, options.json, COLUMNS, [
            await desk.act(retireKey, { kid, reason: options.reason }),
          ]);
          return EXIT.done;
        }),
      ),
    );
}
