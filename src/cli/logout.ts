import type { Command } from 'commander';
import type { EndTarget } from '../logout/logout.ts';
import { type Receipt, receiptJson } from '../logout/receipt.ts';
import { addLeaf, type Context, run } from './command.ts';
import { EXIT, type ExitCode, UsageError } from './exit-codes.ts';
import { counted, countSessions, findAccount } from './find-account.ts';
import { printRows } from './listing.ts';
import type { Product } from './product.ts';
import { tellApps, waitOf } from './tell-apps.ts';
import type { Column } from './terminal.ts';

interface LogoutOptions {
  readonly session?: string;
  readonly account?: string;
  readonly client?: string;
  readonly wait: string;
  readonly json?: boolean;
  readonly yes?: boolean;
}

export function addLogout(program: Command, context: Context): void {
  addLeaf(program, {
    usage: 'logout',
    summary: 'sign off a session, an account or an app, and see that the apps were told',
    examples: [
      'logout --account alice',
      'logout --session 8rRSuQ0xK3lS --wait 30s',
      'logout --client wiki --yes --json',
    ],
  })
    .option('--session <id>', 'one session, as "sessions list" shows it')
    .option('--account <account>', 'all sessions of an account, by name or id')
    .option('--client <client_id>', 'one app, for everybody')
    .option('--wait <duration>', 'stay so long to see the apps told', '10s')
    .option('--yes', 'do not ask; needed where nobody can be asked, but for one session')
    .action(
      run(context, async (options: LogoutOptions) => {
        assertOneTarget(options);
        waitOf(options.wait);
        return context.withProduct(async (product) => {
          const target = await targetOf(product, options);
          if (!target) return nothing(context);
          if (!(await isSure(context, product, target, options))) return EXIT.notAll;
          return reportLogout(context, product, target, options);
        });
      }),
    );
}

function assertOneTarget({ session, account, client }: LogoutOptions): void {
  const given = [session, account, client].filter((one) => one !== undefined);
  if (given.length !== 1) throw new UsageError('Say exactly one of --session, --account and --client.');
}

/** Undefined when there is no such thing. */
async function targetOf(product: Product, { session, account, client }: LogoutOptions): Promise<EndTarget | undefined> {
  if (session !== undefined) return { kind: 'session', uid: session };
  if (client !== undefined) {
    const known = product.registry.get(client);
    return known && known.state !== 'removed' ? { kind: 'client', clientId: client } : undefined;
  }
  const found = await findAccount(product, account ?? '');
  return found && { kind: 'account', accountId: found.id };
}

/** One session is a small thing; more is shown in numbers first. */
async function isSure(
  { terminal, ask }: Context,
  product: Product,
  target: EndTarget,
  options: LogoutOptions,
): Promise<boolean> {
  if (target.kind === 'session') return true;
  terminal.note(await previewOf(product, target));
  return ask.isSure('Sign off?', options.yes);
}

async function previewOf(product: Product, target: EndTarget): Promise<string> {
  if (target.kind === 'client') {
    const { sessions, accounts } = await countSessions(product, { clientId: target.clientId });
    return `Signs ${counted(accounts, 'account')} off at ${target.clientId}, in ${counted(sessions, 'session')}.`;
  }
  const accountId = 'accountId' in target ? target.accountId : '';
  const { sessions, apps } = await countSessions(product, { accountId });
  return `Ends ${counted(sessions, 'session')}, with ${counted(apps, 'app')} inside.`;
}

/** Ends a target, waits for the apps and prints the full receipt. Exit code 1 unless every app that can be told was told. */
export async function reportLogout(
  context: Context,
  product: Product,
  target: EndTarget,
  options: { readonly wait: string; readonly json?: boolean },
): Promise<ExitCode> {
  const waitMs = waitOf(options.wait);
  const ended = await product.endSessions(target, { reason: 'operator', actor: { kind: 'operator' } });
  if (ended.kind === 'nothing') return nothing(context);
  await tellApps(product, ended, waitMs, 'settled');
  const receipt = await product.receipts.byLogout(ended.logout.id);
  if (!receipt) throw new Error(`the receipt of logout ${ended.logout.id} is not there`);
  const url = `${context.config().issuer}/logout/${ended.linkId}`;
  if (options.json) {
    const { id: logout_id, accountId: account_id } = ended.logout;
    context.terminal.printJson({ logout_id, account_id, url, ...receiptJson(receipt, true) });
  } else printReceipt(context, receipt, url);
  return isEveryoneTold(receipt) ? EXIT.done : EXIT.notAll;
}

function isEveryoneTold({ logout, counts }: Receipt): boolean {
  return !logout.walking && counts.trying === 0 && counts.refused === 0 && counts['given-up'] === 0;
}

const APP_COLUMNS: readonly Column[] = [
  ['client_id', 'APP'],
  ['state', 'STATE'],
  ['sessions', 'SIGN-INS'],
  ['attempts', 'TRIES'],
  ['last_status', 'ANSWER'],
];

function printReceipt({ terminal }: Context, receipt: Receipt, url: string): void {
  const rows = receipt.apps.map((app) => ({ ...app, client_id: app.clientId, last_status: app.lastStatus }));
  terminal.note(`${counted(receipt.logout.sessionsEnded, 'session')} ended. Receipt: ${url}`);
  printRows(terminal, false, APP_COLUMNS, rows);
}

function nothing({ terminal }: Context): ExitCode {
  terminal.note('Nothing matched: there is nobody to sign off.');
  return EXIT.nothing;
}
