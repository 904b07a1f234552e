import type { Command } from 'commander';
import type { LogoutJson } from '../admin/logout-json.ts';
import { endSessions, previewLogout } from '../admin/logouts.ts';
import { parseDuration } from '../ops/duration.ts';
import { act } from './act.ts';
import { addLeaf, type Context, run } from './command.ts';
import { EXIT, type ExitCode, UsageError } from './exit-codes.ts';
import { printRows } from './listing.ts';
import type { Product } from './product.ts';
import type { Column } from './terminal.ts';
import { counted } from './words.ts';

interface LogoutOptions extends Target {
  readonly wait: string;
  readonly json?: boolean;
  readonly yes?: boolean;
  readonly dryRun?: boolean;
}

/** What is to end, and why; as the use case reads it. */
interface Target {
  readonly session?: string | undefined;
  readonly account?: string | undefined;
  readonly client?: string | undefined;
  readonly reason?: string | undefined;
}

export function addLogout(program: Command, context: Context): void {
  addLeaf(program, {
    usage: 'logout',
    summary: 'sign off a session, an account or an app, and see that the apps were told',
    examples: [
      'logout --account alice',
      'logout --session 8rRSuQ0xK3lS --wait 30s',
      'logout --account alice --client wiki --yes',
      'logout --client wiki --dry-run --json',
    ],
  })
    .option('--session <id>', 'one session, as "sessions list" shows it')
    .option('--account <account>', 'all sessions of an account, by name or id; with --client only that app')
    .option('--client <client_id>', 'one app, for everybody or for the account')
    .option('--reason <text>', 'why, in your own words; kept in the audit')
    .option('--wait <duration>', 'stay so long to see the apps told', '10s')
    .option('--dry-run', 'only count what would end')
    .option('--yes', 'do not ask; needed where nobody can be asked, but for one session')
    .action(
      run(context, async ({ wait, json, yes, dryRun, ...target }: LogoutOptions) => {
        assertOneTarget(target);
        assertWait(wait);
        return context.withProduct(async (product) => {
          if (dryRun) return printPreview(context, product, target, json);
          if (!(await isSure(context, product, target, yes))) return EXIT.notAll;
          return reportLogout(context, product, target, { wait, ...(json !== undefined && { json }) });
        });
      }),
    );
}

function assertOneTarget({ session, account, client }: Target): void {
  const isOne = session === undefined ? account !== undefined || client !== undefined : !account && !client;
  if (!isOne) throw new UsageError('Say exactly one of --session, --account, --client, or --account with --client.');
}

/** Said before anything is opened. */
function assertWait(wait: string): void {
  if (parseDuration(wait) === undefined) {
    throw new UsageError('--wait must be a duration like 10s or 2m; 0s does not wait.');
  }
}

async function printPreview(context: Context, product: Product, target: Target, json?: boolean): Promise<ExitCode> {
  const preview = await act(product, previewLogout, target);
  if (json) context.terminal.printJson(preview);
  else context.terminal.print(sentenceOf(target, preview));
  return EXIT.done;
}

/** One session is a small thing; more is shown in numbers first. */
async function isSure({ terminal, ask }: Context, product: Product, target: Target, yes?: boolean): Promise<boolean> {
  if (target.session !== undefined) return true;
  terminal.note(sentenceOf(target, await act(product, previewLogout, target)));
  return ask.isSure('Sign off?', yes);
}

interface Counts {
  readonly accounts: number;
  readonly sessions: number;
  readonly apps: readonly unknown[];
}

function sentenceOf({ account, client }: Target, { accounts, sessions, apps }: Counts): string {
  if (account === undefined && client !== undefined) {
    return `Signs ${counted(accounts, 'account')} off at ${client}, in ${counted(sessions, 'session')}.`;
  }
  return `Ends ${counted(sessions, 'session')}, with ${counted(apps.length, 'app')} inside.`;
}

/** Ends a target, waits for the apps and prints the full receipt. Exit code 1 unless every app that can be told was told. */
export async function reportLogout(
  { terminal }: Context,
  product: Product,
  target: Target,
  { wait, json }: { readonly wait: string; readonly json?: boolean },
): Promise<ExitCode> {
  assertWait(wait);
  const logout = await act(product, endSessions, { ...target, wait });
  if (json) terminal.printJson(logout);
  else {
    const ended = counted(logout.progress.sessions_ended, 'session');
    terminal.note(`${ended} ended. Receipt: ${logout.url}`);
    printRows(terminal, false, APP_COLUMNS, logout.apps);
  }
  return isEveryoneTold(logout) ? EXIT.done : EXIT.notAll;
}

function isEveryoneTold({ counts, progress }: LogoutJson): boolean {
  return !progress.walking && counts.trying === 0 && counts.refused === 0 && counts.given_up === 0;
}

const APP_COLUMNS: readonly Column[] = [
  ['client_id', 'APP'],
  ['state', 'STATE'],
  ['sessions', 'SIGN-INS'],
  ['attempts', 'TRIES'],
  ['last_status', 'ANSWER'],
];
