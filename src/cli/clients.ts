import type { Command } from 'commander';
import { clientHealth } from '../admin/client-health.ts';
import { removeClient } from '../admin/client-removal.ts';
import { listClients, showClient } from '../admin/clients.ts';
import { previewLogout } from '../admin/logouts.ts';
import { probeClient } from '../admin/probe.ts';
import { addClientAdd } from './client-add.ts';
import { addClientChange } from './client-change.ts';
import { addClientCheck } from './client-check.ts';
import { addClientSecret } from './client-secret.ts';
import { addClientSnippet } from './client-snippet.ts';
import { addGroup, addLeaf, type Context, run } from './command.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { printPages, printRecord, printRows } from './listing.ts';
import { REASON } from './reason-option.ts';
import type { Column } from './terminal.ts';
import { counted } from './words.ts';

const COLUMNS: readonly Column[] = [
  ['client_id', 'APP'],
  ['client_name', 'NAME'],
  ['party', 'PARTY'],
  ['state', 'STATE'],
  ['source', 'FROM'],
  ['backchannel_logout_uri', 'TOLD AT'],
];

export function addClients(program: Command, context: Context): void {
  const group = addGroup(program, 'clients', 'apps that people sign in to');
  addList(group, context);
  addShow(group, context);
  addClientAdd(group, context);
  addClientChange(group, context);
  addClientSecret(group, context);
  addClientSnippet(group, context);
  addProbe(group, context);
  addHealth(group, context);
  addClientCheck(group, context);
  addRemove(group, context);
}

function addList(group: Command, context: Context): void {
  addLeaf(group, {
    usage: 'list',
    summary: 'list apps as the store knows them',
    examples: ['clients list', 'clients list --json'],
  }).action(
    run(context, (options: { readonly json?: boolean }) =>
      context.withDesk((desk) => printPages(context.terminal, options, COLUMNS, (part) => desk.act(listClients, part))),
    ),
  );
}

function addShow(group: Command, context: Context): void {
  addLeaf(group, {
    usage: 'show <client_id>',
    summary: 'show one app with all defaults filled in; no secrets',
    examples: ['clients show wiki', 'clients show wiki --json'],
  }).action(
    run(context, (id: string, options: { readonly json?: boolean }) =>
      context.withDesk(async (desk) => {
        printRecord(context.terminal, options.json, await desk.act(showClient, { id }));
        return EXIT.done;
      }),
    ),
  );
}

const PROBE_COLUMNS: readonly Column[] = [
  ['name', 'CHECK'],
  ['result', 'RESULT'],
  ['expected', 'EXPECTED'],
  ['got', 'GOT'],
  ['ms', 'MS'],
];

function addProbe(group: Command, context: Context): void {
  addLeaf(group, {
    usage: 'probe <client_id>',
    summary: 'check an app up: one good logout token of a session that nobody has, and wrong ones it must refuse',
    examples: ['clients probe wiki', 'clients probe wiki --json'],
  }).action(
    run(context, (id: string, options: { readonly json?: boolean }) =>
      context.withDesk(async (desk) => {
        const { terminal } = context;
        const probed = await desk.act(probeClient, { id });
        if (options.json) terminal.printJson(probed);
        else {
          printRows(terminal, false, PROBE_COLUMNS, probed.checks);
          for (const { name, sent, fix } of probed.checks)
            if (fix !== null) terminal.print(`${name} (${sent}): ${fix}`);
          terminal.print(`Grade ${probed.grade}.`);
        }
        return probed.checks.some(({ result }) => result === 'wrong') ? EXIT.notAll : EXIT.done;
      }),
    ),
  );
}

function addHealth(group: Command, context: Context): void {
  addLeaf(group, {
    usage: 'health <client_id>',
    summary: 'what the last deliveries to an app say: whether it is left alone, how often and how fast it answers',
    examples: ['clients health wiki', 'clients health wiki --json'],
  }).action(
    run(context, (id: string, options: { readonly json?: boolean }) =>
      context.withDesk(async (desk) => {
        printRecord(context.terminal, options.json, await desk.act(clientHealth, { id }));
        return EXIT.done;
      }),
    ),
  );
}

interface RemoveOptions {
  readonly json?: boolean;
  readonly yes?: boolean;
  readonly reason?: string;
}

function addRemove(group: Command, context: Context): void {
  addLeaf(group, {
    usage: 'remove <client_id>',
    summary: 'take an app away; everybody is signed off there, and it is told a last time',
    examples: ['clients remove wiki', 'clients remove wiki --yes'],
  })
    .option('--yes', 'do not ask; needed where nobody can be asked')
    .option(...REASON)
    .action(run(context, (id: string, options: RemoveOptions) => remove(context, id, options)));
}

async function remove(context: Context, id: string, { json, yes, reason }: RemoveOptions): Promise<ExitCode> {
  const { terminal, ask } = context;
  return context.withDesk(async (desk) => {
    const { sessions, accounts } = await desk.act(previewLogout, { client: id });
    terminal.note(`${counted(accounts, 'account')} in ${counted(sessions, 'session')} will be signed off at ${id}.`);
    if (!(await ask.isSure(`Really remove ${id}?`, yes))) return EXIT.notAll;
    const removed = await desk.act(removeClient, { id, reason });
    const { sign_ins_told: told, sign_ins_ended: all } = removed;
    if (json) terminal.printJson(removed);
    else terminal.print(`${id} is removed; it was told about ${told} of ${counted(all, 'sign-in')}.`);
    terminal.note(`Its file may go now; while it is there it is ignored.`);
    return EXIT.done;
  });
}
