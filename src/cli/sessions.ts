import type { Command } from 'commander';
import { listSessions } from '../admin/sessions.ts';
import { addGroup, addLeaf, type Context, run } from './command.ts';
import { EXIT } from './exit-codes.ts';
import { type ListOptions, printPages } from './listing.ts';
import { reportLogout } from './logout.ts';
import { REASON } from './reason-option.ts';
import type { Column } from './terminal.ts';

const COLUMNS: readonly Column[] = [
  ['id', 'SESSION'],
  ['username', 'ACCOUNT'],
  ['device', 'DEVICE'],
  ['started_at', 'STARTED'],
  ['last_seen_at', 'LAST SEEN'],
  ['apps', 'APPS'],
  ['state', 'STATE'],
];

interface SessionListOptions extends ListOptions {
  readonly account?: string;
  readonly client?: string;
  readonly state?: string;
  readonly ip?: string;
  readonly since?: string;
  readonly until?: string;
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
    examples: ['sessions list --state live', 'sessions list --account alice', 'sessions list --ip 192.0.2.7 --json'],
  })
    .option('--account <account>', 'of this account, by name or id')
    .option('--client <client_id>', 'with this app inside')
    .option('--state <state>', 'arriving, live or ended')
    .option('--ip <address>', 'signed in from this address; of IPv6 from its /64')
    .option('--since <instant>', 'begun at or after 2026-11-21T10:00:00Z')
    .option('--until <instant>', 'begun before it')
    .option('--limit <number>', 'at most so many')
    .action(
      run(context, ({ json, limit, ...filter }: SessionListOptions) =>
        context.withDesk((desk) =>
          printPages(context.terminal, { json, limit }, COLUMNS, (part) =>
            desk.act(listSessions, { ...filter, ...part }),
          ),
        ),
      ),
    );
}

function addEnd(group: Command, context: Context): void {
  addLeaf(group, {
    usage: 'end <session>',
    summary: 'end one session; every app inside is told',
    examples: ['sessions end 8rRSuQ0xK3lS', 'sessions end 8rRSuQ0xK3lS --wait 10s --json'],
  })
    .option('--wait <duration>', 'stay so long to see the apps told', '10s')
    .option(...REASON)
    .action(
      run(context, (session: string, options: EndOptions) =>
        context.withDesk(async (desk) => {
          const code = await reportLogout(context, desk, { session, reason: options.reason }, options);
          return code === EXIT.notAll ? EXIT.done : code;
        }),
      ),
    );
}

interface EndOptions {
  readonly json?: boolean;
  readonly wait: string;
  readonly reason?: string;
}
