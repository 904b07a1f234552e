import type { Command } from 'commander';
import { renewSecret } from '../admin/client-changes.ts';
import { newSecret, showClient } from '../admin/clients.ts';
import { fileNameOf } from '../clients/client-file-name.ts';
import { AppError } from '../errors.ts';
import { addLeaf, type Context, run } from './command.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { REASON } from './reason-option.ts';
import { assertHere } from './server-choice.ts';

interface SecretOptions {
  readonly json?: boolean;
  readonly yes?: boolean;
  readonly reason?: string;
}

export function addClientSecret(group: Command, context: Context): void {
  addLeaf(group, {
    usage: 'secret [client_id]',
    summary:
      'make a secret and its hash, shown once; an app that no file speaks of has it at once, a file is given the hash',
    examples: ['clients secret', 'clients secret wiki --json', 'clients secret app-7Fd0 --yes --reason leaked'],
  })
    .option('--yes', 'do not ask; needed where nobody can be asked, and the old secret stops to work')
    .option(...REASON)
    .action(run(context, (id: string | undefined, options: SecretOptions) => secret(context, id, options)));
}

async function secret(context: Context, id: string | undefined, options: SecretOptions): Promise<ExitCode> {
  if (id === undefined || !(await isInTheStore(context, id))) {
    assertHere(context);
    print(
      context,
      id,
      newSecret(),
      options.json,
      `put the hash into ${id === undefined ? 'its file' : fileNameOf(id)}`,
    );
    return EXIT.done;
  }
  if (!(await context.ask.isSure(`A new secret for ${id}? The old one is worth nothing at once.`, options.yes)))
    return EXIT.notAll;
  const { reason } = options;
  const { client_id, ...made } = await context.withDesk((desk) => desk.act(renewSecret, { id, reason }));
  print(context, client_id, made, options.json, 'the old one does not work any more');
  return EXIT.done;
}

/** Whether the store alone speaks of it. An app that is still to be registered gets its secret first. */
async function isInTheStore(context: Context, id: string): Promise<boolean> {
  try {
    const { file } = await context.withDesk((desk) => desk.act(showClient, { id }));
    return file === null;
  } catch (error) {
    const isNew = error instanceof AppError && ['client_unknown', 'store_missing'].includes(error.code);
    if (isNew && context.server() === undefined) return false;
    throw error;
  }
}

function print(
  { terminal }: Context,
  id: string | undefined,
  made: ReturnType<typeof newSecret>,
  json: boolean | undefined,
  more: string,
): void {
  if (json) {
    terminal.printJson({ client_id: id, ...made });
    return;
  }
  terminal.print(`client_secret: ${made.client_secret}`);
  terminal.print(`client_secret_hash: ${made.client_secret_hash}`);
  terminal.note(`Give the secret to the app, and ${more}. It is not shown again.`);
}
