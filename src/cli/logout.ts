import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { msOf } from '../admin/input.ts';
import { type LogoutJson, reportText } from '../admin/logout-json.ts';
import { endSessions, previewLogout } from '../admin/logouts.ts';
import { parseDuration } from '../ops/duration.ts';
import { addLeaf, type Context, run } from './command.ts';
import type { Desk } from './desk.ts';
import { EXIT, type ExitCode, UsageError } from './exit-codes.ts';
import { printRows } from './listing.ts';
import { REASON } from './reason-option.ts';
import type { Column } from './terminal.ts';
import { followLogout } from './walk-progress.ts';
import { counted, spanOf } from './words.ts';

interface LogoutOptions extends Target {
  readonly wait: string;
  readonly json?: boolean;
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  readonly report?: string;
}

/** What is to end, and why; as the use case reads it. */
interface Target {
  readonly session?: string | undefined;
  readonly account?: string | undefined;
  readonly client?: string | undefined;
  readonly everybody?: boolean | undefined;
  readonly keep?: string | undefined;
  readonly rate?: number | undefined;
  readonly reason?: string | undefined;
}

export function addLogout(program: Command, context: Context): void {
  addLeaf(program, {
    usage: 'logout',
    summary: 'sign off a session, an account, an app or everybody, and see that the apps were told',
    examples: [
      'logout --account alice',
      'logout --session 8rRSuQ0xK3lS --wait 30s',
      'logout --account alice --client wiki --yes',
      'logout --client wiki --dry-run --json',
      'logout --everybody --keep 8rRSuQ0xK3lS --rate 100 --report report.json',
    ],
  })
    .option('--session <id>', 'one session, as "sessions list" shows it')
    .option('--account <account>', 'all sessions of an account, by name or id; with --client only that app')
    .option('--client <client_id>', 'one app, for everybody or for the account')
    .option('--everybody', 'all sessions of everybody: asks for the word, shows how far it is')
    .option('--keep <session>', 'with --everybody: all but this session')
    .option('--rate <number>', 'sessions a second, where there are very many, like 100 or 100/s', rateOf)
    .option('--report <file>', 'write what became of it, as JSON')
    .option(...REASON)
    .option('--wait <duration>', 'stay so long to see the apps told', '10s')
    .option('--dry-run', 'only count what would end')
    .option('--yes', 'do not ask; needed where nobody can be asked, but for one session')
    .action(
      run(context, async ({ wait, json, yes, dryRun, report, ...target }: LogoutOptions) => {
        assertOneTarget(target);
        assertWait(wait);
        return context.withDesk(async (desk) => {
          if (dryRun) return printPreview(context, desk, target, json);
          if (!(await isSure(context, desk, target, yes))) return EXIT.notAll;
          return reportLogout(context, desk, target, { wait, json, report });
        });
      }),
    );
}

function rateOf(text: string): number {
  const [, rate] = /^([1-9]\d{0,5})(?:\/s)?$/.exec(text) ?? [];
  if (rate === undefined) throw new UsageError('--rate must be a number of sessions a second, like 100 or 100/s.');
  return Number(rate);
}

function assertOneTarget({ session, account, client, everybody, keep }: Target): void {
  const isPerson = account !== undefined || client !== undefined;
  const given = [session !== undefined, isPerson, everybody === true].filter(Boolean);
  if (given.length !== 1) {
    throw new UsageError('Say exactly one of --session, --account, --client, --account with --client, --everybody.');
  }
  if (keep !== undefined && !everybody) throw new UsageError('--keep goes with --everybody only.');
}

/** Said before anything is opened. */
function assertWait(wait: string): void {
  if (parseDuration(wait) === undefined) {
    throw new UsageError('--wait must be a duration like 10s or 2m; 0s does not wait.');
  }
}

async function printPreview(context: Context, desk: Desk, target: Target, json?: boolean): Promise<ExitCode> {
  const preview = await desk.act(previewLogout, target);
  if (json) context.terminal.printJson(preview);
  else context.terminal.print(sentenceOf(target, preview));
  return EXIT.done;
}

/** One session is a small thing; more is shown in numbers first, and everybody is a word to type. */
async function isSure({ terminal, ask }: Context, desk: Desk, target: Target, yes?: boolean): Promise<boolean> {
  if (target.session !== undefined) return true;
  terminal.note(sentenceOf(target, await desk.act(previewLogout, target)));
  return target.everybody ? ask.isWord('everybody', 'Sign everybody off?', yes) : ask.isSure('Sign off?', yes);
}

interface Counts {
  readonly accounts: number;
  readonly sessions: number;
  readonly participations: number;
  readonly apps: readonly { readonly can_be_told: boolean }[];
  readonly estimated_seconds: number;
}

function sentenceOf({ account, client, everybody }: Target, counts: Counts): string {
  const { accounts, sessions, participations, apps, estimated_seconds: seconds } = counts;
  if (everybody) {
    const untold = apps.filter((app) => !app.can_be_told).length;
    return [
      `Ends ${counted(sessions, 'session')} of ${counted(accounts, 'account')}, with ${counted(participations, 'sign-in')} at ${counted(apps.length, 'app')}`,
      untold > 0 ? `, of which ${untold} cannot be told` : '',
      `. All of it is dead at once; telling the apps takes about ${spanOf(seconds)}.`,
    ].join('');
  }
  if (account === undefined && client !== undefined) {
    return `Signs ${counted(accounts, 'account')} off at ${client}, in ${counted(sessions, 'session')}.`;
  }
  return `Ends ${counted(sessions, 'session')}, with ${counted(apps.length, 'app')} inside.`;
}

/** Ends a target, waits for the apps and prints the full receipt. Exit code 1 unless every app that can be told was told. */
export async function reportLogout(
  { terminal }: Context,
  desk: Desk,
  target: Target,
  {
    wait,
    json,
    report,
  }: { readonly wait: string; readonly json?: boolean | undefined; readonly report?: string | undefined },
): Promise<ExitCode> {
  assertWait(wait);
  const ended = await desk.act(endSessions, { ...target, wait: '0s' });
  const logout = await followLogout(terminal, desk, ended, { waitMs: msOf(wait), isLarge: target.everybody === true });
  if (report !== undefined) writeFileSync(report, reportText(logout));
  if (json) terminal.printJson(logout);
  else {
    const sessions = counted(logout.progress.sessions_ended, 'session');
    terminal.note(`${sessions} ended. Receipt: ${logout.url}`);
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
