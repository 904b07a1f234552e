import type { Command } from 'commander';
import { canBeTold } from '../clients/client-file.ts';
import { fileNameOf } from '../clients/client-file-name.ts';
import type { RegisteredClient } from '../clients/registry.ts';
import { addClientAdd } from './client-add.ts';
import { addClientCheck } from './client-check.ts';
import { newSecret, withoutSecrets } from './client-draft.ts';
import { addGroup, addLeaf, type Context, run } from './command.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { counted, countSessions } from './find-account.ts';
import { printRecord, printRows } from './listing.ts';
import { tellApps } from './tell-apps.ts';
import type { Column, Row } from './terminal.ts';

const COLUMNS: readonly Column[] = [
  ['client_id', 'APP'],
  ['client_name', 'NAME'],
  ['party', 'PARTY'],
  ['state', 'STATE'],
  ['backchannel_logout_uri', 'TOLD AT'],
];

/** How long `remove` stays to see each app tried once. */
const TELL_MS = 5_000;

export function addClients(program: Command, context: Context): void {
  const group = addGroup(program, 'clients', 'apps that people sign in to');
  addList(group, context);
  addShow(group, context);
  addClientAdd(group, context);
  addSecret(group, context);
  addClientCheck(group, context);
  addRemove(group, context);
}

function clientRow({ client, state }: RegisteredClient): Row {
  const { client_id, client_name, party, backchannel_logout_uri } = client;
  return { client_id, client_name, party, state, backchannel_logout_uri, can_be_told: canBeTold(client) };
}

function addList(group: Command, context: Context): void {
  addLeaf(group, {
    usage: 'list',
    summary: 'list apps as the store knows them',
    examples: ['clients list', 'clients list --json'],
  }).action(
    run(context, (options: { readonly json?: boolean }) =>
      context.withProduct(async ({ registry }) => {
        printRows(context.terminal, options.json, COLUMNS, registry.all().map(clientRow));
        return EXIT.done;
      }),
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
      context.withProduct(async ({ registry }) => {
        const entry = registry.get(id);
        if (!entry) return unknownApp(context, id);
        printRecord(context.terminal, options.json, { ...withoutSecrets(entry.client), state: entry.state });
        return EXIT.done;
      }),
    ),
  );
}

function addSecret(group: Command, context: Context): void {
  addLeaf(group, {
    usage: 'secret [client_id]',
    summary: 'make a secret and its hash; both are shown once and kept nowhere',
    examples: ['clients secret', 'clients secret wiki --json'],
  }).action(
    run(context, async (id: string | undefined, options: { readonly json?: boolean }) => {
      const secret = newSecret();
      const { terminal } = context;
      if (options.json) terminal.printJson({ client_id: id, ...secret });
      else {
        terminal.print(`client_secret: ${secret.client_secret}`);
        terminal.print(`client_secret_hash: ${secret.client_secret_hash}`);
        terminal.note(
          `Give the secret to the app, and put the hash into ${id === undefined ? 'its file' : fileNameOf(id)}. It is not shown again.`,
        );
      }
      return EXIT.done;
    }),
  );
}

interface RemoveOptions {
  readonly json?: boolean;
  readonly yes?: boolean;
}

function addRemove(group: Command, context: Context): void {
  addLeaf(group, {
    usage: 'remove <client_id>',
    summary: 'take an app away; everybody is signed off there, and it is told a last time',
    examples: ['clients remove wiki', 'clients remove wiki --yes'],
  })
    .option('--yes', 'do not ask; needed where nobody can be asked')
    .action(run(context, (id: string, options: RemoveOptions) => remove(context, id, options)));
}

async function remove(context: Context, id: string, options: RemoveOptions): Promise<ExitCode> {
  const { terminal, ask } = context;
  return context.withProduct(async (product) => {
    const entry = product.registry.get(id);
    if (!entry || entry.state === 'removed') return unknownApp(context, id);
    const { sessions, accounts } = await countSessions(product, { clientId: id });
    terminal.note(`${counted(accounts, 'account')} in ${counted(sessions, 'session')} will be signed off at ${id}.`);
    if (!(await ask.isSure(`Really remove ${id}?`, options.yes))) return EXIT.notAll;
    const ended = await product.endSessions(
      { kind: 'client', clientId: id },
      { reason: 'client-removed', actor: { kind: 'operator' } },
    );
    const progress = await tellApps(product, ended, TELL_MS, 'attempted');
    const logoutId = ended.kind === 'ended' ? ended.logout.id : undefined;
    if (options.json)
      terminal.printJson({
        client_id: id,
        state: 'removed',
        logout_id: logoutId,
        sign_ins_ended: progress?.total ?? 0,
      });
    else
      terminal.print(
        `${id} is removed; it was told about ${progress?.told ?? 0} of ${counted(progress?.total ?? 0, 'sign-in')}.`,
      );
    terminal.note(`Its file may go now; while it is there it is ignored.`);
    return EXIT.done;
  });
}

function unknownApp({ terminal }: Context, id: string): ExitCode {
  terminal.note(`There is no app ${id}.`);
  return EXIT.nothing;
}
