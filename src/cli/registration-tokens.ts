import type { Command } from 'commander';
import { addRegistrationToken, listRegistrationTokens, revokeRegistrationToken } from '../admin/registration-tokens.ts';
import { addGroup, addLeaf, type Context, run } from './command.ts';
import { EXIT } from './exit-codes.ts';
import { type ListOptions, printPages } from './listing.ts';
import { printOnce } from './shown-once.ts';
import type { Column } from './terminal.ts';

const COLUMNS: readonly Column[] = [
  ['id', 'TOKEN'],
  ['party', 'PARTY'],
  ['uses_left', 'USES'],
  ['expires_at', 'EXPIRES'],
];

export function addRegistrationTokens(program: Command, context: Context): void {
  const group = addGroup(program, 'registration-tokens', 'initial access tokens, by which apps register themselves');
  addAdd(group, context);
  addList(group, context);
  addRevoke(group, context);
}

interface AddOptions {
  readonly json?: boolean;
  readonly uses: string;
  readonly expires: string;
  readonly party: string;
}

function addAdd(group: Command, context: Context): void {
  addLeaf(group, {
    usage: 'add',
    summary: 'make an initial access token; it is shown once (SIGNOFF_REGISTRATION=token)',
    examples: ['registration-tokens add', 'registration-tokens add --uses 5 --expires 7d --party first --json'],
  })
    .option('--uses <number>', 'how many apps it registers', '1')
    .option('--expires <duration>', 'how long it works', '24h')
    .option('--party <party>', 'first (ours, no consent page) or third', 'third')
    .action(
      run(context, ({ json, uses, expires, party }: AddOptions) =>
        context.withDesk(async (desk) => {
          const row = await desk.act(addRegistrationToken, { uses: Number(uses), expires_in: expires, party });
          printOnce(context.terminal, row, json);
          return EXIT.done;
        }),
      ),
    );
}

function addList(group: Command, context: Context): void {
  addLeaf(group, {
    usage: 'list',
    summary: 'list initial access tokens, oldest first',
    examples: ['registration-tokens list', 'registration-tokens list --json'],
  })
    .option('--limit <number>', 'at most so many')
    .action(
      run(context, (options: ListOptions) =>
        context.withDesk((desk) =>
          printPages(context.terminal, options, COLUMNS, (part) => desk.act(listRegistrationTokens, part)),
        ),
      ),
    );
}

function addRevoke(group: Command, context: Context): void {
  addLeaf(group, {
    usage: 'revoke <token>',
    summary: 'make an initial access token worthless, by its id; apps that it registered stay',
    examples: ['registration-tokens revoke 4pV7mXeQ2cA'],
  }).action(
    run(context, (id: string, { json }: { readonly json?: boolean }) =>
      context.withDesk(async (desk) => {
        const row = await desk.act(revokeRegistrationToken, { id });
        if (json) context.terminal.printJson(row);
        else context.terminal.print(`${row.id} is revoked.`);
        return EXIT.done;
      }),
    ),
  );
}
