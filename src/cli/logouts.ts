import type { Command } from 'commander';
import { listLogouts, pauseWalk, resumeWalk, showLogout } from '../admin/logouts.ts';
import { addGroup, addLeaf, type Context, run } from './command.ts';
import { EXIT } from './exit-codes.ts';
import { type ListOptions, printPages, printRecord } from './listing.ts';
import { REASON } from './reason-option.ts';
import type { Column } from './terminal.ts';

const COLUMNS: readonly Column[] = [
  ['logout_id', 'LOGOUT'],
  ['at', 'AT'],
  ['target', 'OF'],
  ['reason', 'REASON'],
  ['sessions_ended', 'SESSIONS'],
  ['walking', 'WALKING'],
];

export function addLogouts(program: Command, context: Context): void {
  const group = addGroup(program, 'logouts', 'what was ended, by whom, and how far its telling is');
  addList(group, context);
  addShow(group, context);
  addPause(group, context);
  addResume(group, context);
}

interface FilterOptions extends ListOptions {
  readonly account?: string;
  readonly since?: string;
  readonly until?: string;
  readonly state?: string;
}

function addList(group: Command, context: Context): void {
  addLeaf(group, {
    usage: 'list',
    summary: 'list logouts, newest first, while they are kept',
    examples: ['logouts list --limit 20', 'logouts list --account alice --json', 'logouts list --state walking'],
  })
    .option('--account <account>', 'of this account, by name or id')
    .option('--since <instant>', 'at or after 2026-11-21T10:00:00Z')
    .option('--until <instant>', 'before it')
    .option('--state <state>', 'walking: only what is still being walked, the oldest first')
    .option('--limit <number>', 'at most so many')
    .action(
      run(context, ({ json, limit, ...filter }: FilterOptions) =>
        context.withDesk((desk) =>
          printPages(context.terminal, { json, limit }, COLUMNS, (part) =>
            desk.act(listLogouts, { ...filter, ...part }),
          ),
        ),
      ),
    );
}

function addShow(group: Command, context: Context): void {
  addLeaf(group, {
    usage: 'show <logout>',
    summary: 'show one logout: its receipt in full, who did it, and how far it is',
    examples: ['logouts show 4pV7mXeQ2cA', 'logouts show 4pV7mXeQ2cA --json'],
  }).action(
    run(context, (id: string, { json }: { readonly json?: boolean }) =>
      context.withDesk(async (desk) => {
        printRecord(context.terminal, json, await desk.act(showLogout, { id }));
        return EXIT.done;
      }),
    ),
  );
}

interface SteerOptions {
  readonly json?: boolean;
  readonly rate?: string;
  readonly reason?: string;
}

function addPause(group: Command, context: Context): void {
  addLeaf(group, {
    usage: 'pause <logout>',
    summary: 'pause a large logout: all of it is dead already, the apps hear of the rest when it goes on',
    examples: ['logouts pause 4pV7mXeQ2cA'],
  })
    .option(...REASON)
    .action(
      run(context, (id: string, { json, reason }: SteerOptions) =>
        context.withDesk(async (desk) => {
          const logout = await desk.act(pauseWalk, { id, reason });
          if (json) context.terminal.printJson(logout);
          else context.terminal.print(`${id} is paused.`);
          return EXIT.done;
        }),
      ),
    );
}

function addResume(group: Command, context: Context): void {
  addLeaf(group, {
    usage: 'resume <logout>',
    summary: 'let a paused logout go on, or give it another pace; a running server walks it',
    examples: ['logouts resume 4pV7mXeQ2cA', 'logouts resume 4pV7mXeQ2cA --rate 50'],
  })
    .option('--rate <number>', 'sessions a second')
    .option(...REASON)
    .action(
      run(context, (id: string, { json, rate, reason }: SteerOptions) =>
        context.withDesk(async (desk) => {
          const pace = rate === undefined ? {} : { rate: Number(rate.replace(/\/s$/, '')) };
          const logout = await desk.act(resumeWalk, { id, reason, ...pace });
          if (json) context.terminal.printJson(logout);
          else context.terminal.print(`${id} goes on.`);
          return EXIT.done;
        }),
      ),
    );
}
