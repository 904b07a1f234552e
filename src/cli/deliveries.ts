import type { Command } from 'commander';
import { listDeliveries, replayDeliveries, showDelivery } from '../admin/deliveries.ts';
import { addGroup, addLeaf, type Context, run } from './command.ts';
import { EXIT } from './exit-codes.ts';
import { type ListOptions, printPages, printRecord, printRows } from './listing.ts';
import { REASON } from './reason-option.ts';
import type { Column } from './terminal.ts';

interface FilterOptions {
  readonly logout?: string;
  readonly client?: string;
  readonly account?: string;
  readonly state?: string;
  readonly since?: string;
  readonly until?: string;
}

const COLUMNS: readonly Column[] = [
  ['id', 'DELIVERY'],
  ['client_id', 'APP'],
  ['state', 'STATE'],
  ['attempts', 'TRIES'],
  ['last_attempt_at', 'LAST TRY'],
  ['last_status', 'ANSWER'],
  ['next_attempt_at', 'NEXT TRY'],
  ['last_error', 'ERROR'],
];

export function addDeliveries(program: Command, context: Context): void {
  const group = addGroup(program, 'deliveries', 'which app was told about which sign-off');
  addList(group, context);
  addShow(group, context);
  addRetry(group, context);
  addReplay(group, context);
}

function withFilter(command: Command): Command {
  return command
    .option('--logout <id>', 'of this logout')
    .option('--client <client_id>', 'to this app')
    .option('--account <account>', 'about this account, by name or id')
    .option('--state <state>', 'trying, told, refused, given-up, moot, cannot-be-told, asked-browser or not-asked-for')
    .option('--since <instant>', 'made at or after 2026-11-21T10:00:00Z')
    .option('--until <instant>', 'made before it');
}

function addList(group: Command, context: Context): void {
  const leaf = addLeaf(group, {
    usage: 'list',
    summary: 'list deliveries, newest first',
    examples: [
      'deliveries list --state trying',
      'deliveries list --client wiki --json',
      'deliveries list --account alice',
    ],
  });
  withFilter(leaf)
    .option('--limit <number>', 'at most so many')
    .action(
      run(context, ({ json, limit, ...filter }: FilterOptions & ListOptions) =>
        context.withDesk((desk) =>
          printPages(context.terminal, { json, limit }, COLUMNS, (part) =>
            desk.act(listDeliveries, { ...filter, ...part }),
          ),
        ),
      ),
    );
}

const ATTEMPT_COLUMNS: readonly Column[] = [
  ['at', 'AT'],
  ['ms', 'MS'],
  ['verdict', 'VERDICT'],
  ['status', 'ANSWER'],
  ['error', 'ERROR'],
  ['answer', 'THE APP SAID'],
];

function addShow(group: Command, context: Context): void {
  addLeaf(group, {
    usage: 'show <delivery>',
    summary: 'show one delivery with all its attempts',
    examples: ['deliveries show 4pV7mXeQ2cA', 'deliveries show 4pV7mXeQ2cA --json'],
  }).action(
    run(context, (id: string, options: { readonly json?: boolean }) =>
      context.withDesk(async (desk) => {
        const { history, ...record } = await desk.act(showDelivery, { id });
        if (options.json) context.terminal.printJson({ ...record, history });
        else {
          printRecord(context.terminal, false, record);
          printRows(context.terminal, false, ATTEMPT_COLUMNS, history);
        }
        return EXIT.done;
      }),
    ),
  );
}

function addRetry(group: Command, context: Context): void {
  const leaf = addLeaf(group, {
    usage: 'retry [delivery]',
    summary: 'send again: one delivery, or all that match',
    examples: ['deliveries retry 4pV7mXeQ2cA', 'deliveries retry --client wiki --state given-up'],
  });
  withFilter(leaf).action(
    run(context, (id: string | undefined, { json, ...filter }: FilterOptions & { readonly json?: boolean }) =>
      context.withDesk(async (desk) => {
        const { deliveries } = await desk.act(replayDeliveries, { ...filter, ...(id !== undefined && { id }) });
        if (json) context.terminal.printJson({ retried: deliveries });
        else context.terminal.print(sentenceOf(deliveries));
        return deliveries === 0 ? EXIT.nothing : EXIT.done;
      }),
    ),
  );
}

function sentenceOf(count: number): string {
  return `${count === 1 ? '1 delivery is' : `${count} deliveries are`} being sent again.`;
}

interface ReplayOptions extends FilterOptions {
  readonly json?: boolean;
  readonly dryRun?: boolean;
  readonly reason?: string;
}

function addReplay(group: Command, context: Context): void {
  const leaf = addLeaf(group, {
    usage: 'replay',
    summary: 'send again all that an app missed; first with --dry-run to see how many',
    examples: [
      'deliveries replay --client wiki --since 2026-11-21T09:00:00Z --dry-run',
      'deliveries replay --client wiki --state given-up --json',
    ],
  });
  withFilter(leaf)
    .option(...REASON)
    .option('--dry-run', 'only count')
    .action(
      run(context, ({ json, dryRun, ...given }: ReplayOptions) =>
        context.withDesk(async (desk) => {
          const answer = await desk.act(replayDeliveries, { ...given, dry_run: dryRun ?? false });
          if (json) context.terminal.printJson(answer);
          else if (dryRun)
            context.terminal.print(`Would be sent again to: ${answer.apps.join(', ')} (${answer.deliveries}).`);
          else context.terminal.print(sentenceOf(answer.deliveries));
          return answer.deliveries === 0 ? EXIT.nothing : EXIT.done;
        }),
      ),
    );
}
