import type { Command } from 'commander';
import type { SessionFilter } from '../store/store.ts';
import { addGroup, addLeaf, type Context, run } from './command.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { findAccount, nobody } from './find-account.ts';
import { type ListOptions, oneOfWords, printPages } from './listing.ts';
import { reportLogout } from './logout.ts';
import type { Product } from './product.ts';
import { SESSION_COLUMNS, sessionRow, usernames } from './rows.ts';

interface SessionListOptions extends ListOptions {
  readonly account?: string;
  readonly client?: string;
  readonly state?: string;
}

export function addSessions(program: Command, context: Context): void {
  const group = addGroup(program, 'sessions', 'who is signed in where');
  addList(group, context);
  addEnd(group, context);
}

function addList(group: Command, context: Context): void {
  addLeaf(group, {
    usage: 'list',
    summary: 'list sessions, newest first; ended ones too while they are kept',
    examples: ['sessions list --state live', 'sessions list --account alice', 'sessions list --client wiki --json'],
  })
    .option('--account <account>', 'of this account, by name or id')
    .option('--client <client_id>', 'with this app inside')
    .option('--state <state>', 'arriving, live or ended')
    .option('--limit <number>', 'at most so many')
    .action(
      run(context, (options: SessionListOptions) =>
        context.withProduct(async (product) => {
          const state = oneOfWords('--state', options.state, ['arriving', 'live', 'ended']);
          const account = options.account === undefined ? undefined : await findAccount(product, options.account);
          if (options.account !== undefined && !account) return nobody(context, options.account);
          const filter = {
            ...(account && { accountId: account.id }),
            ...(options.client !== undefined && { clientId: options.client }),
            ...(state && { state }),
          };
          return printSessions(context, product, options, filter);
        }),
      ),
    );
}

function printSessions(
  context: Context,
  { store }: Product,
  options: ListOptions,
  filter: SessionFilter,
): Promise<ExitCode> {
  const nameOf = usernames(store);
  return printPages(context.terminal, options, SESSION_COLUMNS, {
    page: (page) => store.sessions.list(filter, page),
    idOf: (view) => view.session.uid,
    row: async (view) => sessionRow(view, await nameOf(view.session.accountId)),
  });
}

function addEnd(group: Command, context: Context): void {
  addLeaf(group, {
    usage: 'end <session>',
    summary: 'end one session; every app inside is told',
    examples: ['sessions end 8rRSuQ0xK3lS', 'sessions end 8rRSuQ0xK3lS --wait 10s --json'],
  })
    .option('--wait <duration>', 'stay so long to see the apps told', '10s')
    .action(
      run(context, (uid: string, options: { readonly json?: boolean; readonly wait: string }) =>
        context.withProduct(async (product) => {
          const code = await reportLogout(context, product, { kind: 'session', uid }, options);
          return code === EXIT.notAll ? EXIT.done : code;
        }),
      ),
    );
}
