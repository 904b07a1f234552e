import type { Command } from 'commander';
import type { Attempt } from '../deliveries/delivery.ts';
import { GIVE_UP_AFTER_MS } from '../logout/plan-deliveries.ts';
import { iso } from '../ops/clock.ts';
import type { DeliveryFilter } from '../store/store.ts';
import { addGroup, addLeaf, type Context, run } from './command.ts';
import { EXIT, UsageError } from './exit-codes.ts';
import { findAccount, nobody } from './find-account.ts';
import { type ListOptions, oneOfWords, printPages, printRecord, printRows } from './listing.ts';
import type { Product } from './product.ts';
import { DELIVERY_COLUMNS, deliveryRow } from './rows.ts';
import type { Column, Row } from './terminal.ts';

interface FilterOptions extends ListOptions {
  readonly logout?: string;
  readonly client?: string;
  readonly account?: string;
  readonly state?: string;
}

export function addDeliveries(program: Command, context: Context): void {
  const group = addGroup(program, 'deliveries', 'which app was told about which sign-off');
  addList(group, context);
  addShow(group, context);
  addRetry(group, context);
}

function withFilter(command: Command): Command {
  return command
    .option('--logout <id>', 'of this logout')
    .option('--client <client_id>', 'to this app')
    .option('--account <account>', 'about this account, by name or id')
    .option('--state <state>', 'trying, told, refused, given-up, moot or cannot-be-told');
}

/** `nobody` when the account is not there. */
async function filterOf(product: Product, options: FilterOptions): Promise<DeliveryFilter | 'nobody'> {
  const states = ['trying', 'told', 'refused', 'given-up', 'moot', 'cannot-be-told'] as const;
  const state = oneOfWords('--state', options.state, states);
  const account = options.account === undefined ? undefined : await findAccount(product, options.account);
  if (options.account !== undefined && !account) return 'nobody';
  return {
    ...(options.logout !== undefined && { logoutId: options.logout }),
    ...(options.client !== undefined && { clientId: options.client }),
    ...(account && { accountId: account.id }),
    ...(state && { state }),
  };
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
      run(context, (options: FilterOptions) =>
        context.withProduct(async (product) => {
          const filter = await filterOf(product, options);
          if (filter === 'nobody') return nobody(context, options.account ?? '');
          return printPages(context.terminal, options, DELIVERY_COLUMNS, {
            page: (page) => product.store.deliveries.list(filter, page),
            idOf: (delivery) => delivery.id,
            row: deliveryRow,
          });
        }),
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

function attemptRow({ at, ms, jti, verdict, status, error, answer }: Attempt): Row {
  return { at: iso(at), ms, jti, verdict, status, error, answer };
}

function addShow(group: Command, context: Context): void {
  addLeaf(group, {
    usage: 'show <delivery>',
    summary: 'show one delivery with all its attempts',
    examples: ['deliveries show 4pV7mXeQ2cA', 'deliveries show 4pV7mXeQ2cA --json'],
  }).action(
    run(context, (id: string, options: { readonly json?: boolean }) =>
      context.withProduct(async ({ store }) => {
        const delivery = await store.deliveries.find(id);
        if (!delivery) {
          context.terminal.note(`There is no delivery ${id}.`);
          return EXIT.nothing;
        }
        const history = (await store.deliveries.attempts(id)).map(attemptRow);
        const record = { ...deliveryRow(delivery), sid: delivery.sid };
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
    run(context, (id: string | undefined, options: FilterOptions) =>
      context.withProduct(async (product) => {
        const filter = await filterOf(product, options);
        if (filter === 'nobody') return nobody(context, options.account ?? '');
        const all = { ...filter, ...(id !== undefined && { id }) };
        if (Object.keys(all).length === 0)
          throw new UsageError('Say which: a delivery, --logout, --client, --account or --state.');
        const now = product.clock.now();
        const count = await product.store.deliveries.retry(all, now, now + GIVE_UP_AFTER_MS);
        if (options.json) context.terminal.printJson({ retried: count });
        else context.terminal.print(`${count === 1 ? '1 delivery is' : `${count} deliveries are`} being sent again.`);
        return count === 0 ? EXIT.nothing : EXIT.done;
      }),
    ),
  );
}
