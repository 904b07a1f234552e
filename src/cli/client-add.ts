import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { Command } from 'commander';
import { addClient, newSecret } from '../admin/clients.ts';
import type { Client } from '../clients/client-file.ts';
import { fileNameOf } from '../clients/client-file-name.ts';
import { readClient } from '../clients/load-clients.ts';
import { describeProblem } from '../clients/problem.ts';
import type { Config } from '../config.ts';
import { AppError } from '../errors.ts';
import { ruleBookOf } from './client-check.ts';
import { type ClientDraft, clientDocument, clientFileText } from './client-draft.ts';
import { addLeaf, type Context, run } from './command.ts';
import { EXIT, type ExitCode, UsageError } from './exit-codes.ts';
import { oneOfWords } from './listing.ts';
import type { Terminal } from './terminal.ts';

interface AddOptions {
  readonly json?: boolean;
  readonly name?: string;
  readonly redirectUri: readonly string[];
  readonly postLogoutRedirectUri: readonly string[];
  readonly backchannelLogoutUri?: string;
  readonly party?: string;
  readonly public?: boolean;
  readonly native?: boolean;
  readonly refreshTokens?: boolean;
  readonly scope?: string;
  readonly maxSession?: string;
}

export function addClientAdd(group: Command, context: Context): void {
  addLeaf(group, {
    usage: 'add [client_id]',
    summary: 'write the file of a new app (at a server: register it); asks for what is not said',
    examples: [
      'clients add',
      'clients add wiki --redirect-uri https://wiki.example.org/callback --backchannel-logout-uri https://wiki.example.org/logout',
      'clients add phone --public --native --redirect-uri org.example.phone:/callback --refresh-tokens',
    ],
  })
    .option('--name <text>', 'what people read')
    .option('--redirect-uri <uri>', 'where people are sent after a sign-in; may be given again', collect, [])
    .option(
      '--post-logout-redirect-uri <uri>',
      'where they may be sent after a sign-off; may be given again',
      collect,
      [],
    )
    .option('--backchannel-logout-uri <uri>', 'where the app is told about sign-offs')
    .option('--party <party>', 'first (ours, no consent page) or third (default)')
    .option('--public', 'an app that cannot keep a secret')
    .option('--native', 'an app on a phone or desktop')
    .option('--refresh-tokens', 'the app may use refresh tokens')
    .option('--scope <scopes>', 'scopes the app may ask for, separated by spaces')
    .option('--max-session <duration>', 'longest session of the app itself, like 8h')
    .action(run(context, (id: string | undefined, options: AddOptions) => add(context, id, options)));
}

async function add(context: Context, id: string | undefined, options: AddOptions): Promise<ExitCode> {
  if (context.server() !== undefined) return addThere(context, id, options);
  const config = context.config();
  if (id !== undefined && existsSync(fileOf(config, id))) return addAgain(context, id, options);
  const draft = await draftOf(context, id, options);
  const secret = draft.isPublic ? undefined : newSecret();
  const text = clientFileText(draft, secret?.client_secret_hash, schemaPath(context, config));
  const client = judged(context, config, draft.client_id, text);
  const file = fileOf(config, draft.client_id);
  writeNew(file, text);
  await bringBack(context, client);
  const { client_id } = draft;
  if (options.json) context.terminal.printJson({ client_id, file, client_secret: secret?.client_secret });
  else printAdded(context, file, secret?.client_secret);
  return EXIT.done;
}

/** Files of a server are out of reach; its API registers the app, and makes the secret. */
async function addThere(context: Context, id: string | undefined, options: AddOptions): Promise<ExitCode> {
  const { terminal } = context;
  const draft = await draftOf(context, id, options);
  return context.withDesk(async (desk) => {
    const { client_id, client_secret } = await desk.act(addClient, { client: clientDocument(draft) });
    if (options.json) terminal.printJson({ client_id, file: null, client_secret });
    else {
      terminal.print(`${client_id} is registered.`);
      printSecret(terminal, client_secret ?? undefined);
    }
    return EXIT.done;
  });
}

/** The file is there: an app that was removed comes back as it says; any other has nothing to gain. */
async function addAgain(context: Context, id: string, options: AddOptions): Promise<ExitCode> {
  const config = context.config();
  const file = fileOf(config, id);
  const client = judged(context, config, id, readFileSync(file, 'utf8'));
  if (!(await bringBack(context, client))) throw new UsageError(`${file} is there already; change it with an editor.`);
  if (options.json) context.terminal.printJson({ client_id: id, file, client_secret: undefined });
  else context.terminal.print(`${id} is back, as ${file} says.`);
  return EXIT.done;
}

async function draftOf({ ask }: Context, id: string | undefined, options: AddOptions): Promise<ClientDraft> {
  const client_id = id ?? (await ask.text('Id of the app (also the name of its file)', 'wiki'));
  if (client_id === undefined) throw new UsageError('Say the id of the app: signoff clients add wiki …');
  // Whoever names the app on the command line says the rest there, too.
  const missing = async (question: string, placeholder?: string) =>
    id === undefined ? ask.text(question, placeholder) : undefined;
  const client_name = options.name ?? (await missing('Name that people read'));
  const redirect =
    options.redirectUri.length > 0
      ? options.redirectUri
      : present(await ask.text('Redirect address', 'https://wiki.example.org/callback'));
  if (redirect.length === 0) throw new UsageError('Say --redirect-uri: where people are sent after a sign-in.');
  const backchannel = options.backchannelLogoutUri ?? (await missing('Logout address (empty: the app cannot be told)'));
  return {
    client_id,
    ...(client_name && { client_name }),
    redirect_uris: redirect,
    post_logout_redirect_uris: options.postLogoutRedirectUri,
    ...(backchannel && { backchannel_logout_uri: backchannel }),
    party: oneOfWords('--party', options.party, ['first', 'third']) ?? 'third',
    isPublic: options.public ?? false,
    isNative: options.native ?? false,
    refreshTokens: options.refreshTokens ?? false,
    ...(options.scope && { scope: options.scope }),
    ...(options.maxSession && { max_session: options.maxSession }),
  };
}

/** The same judge as at start, before anything is written. */
function judged(context: Context, config: Config, id: string, text: string): Client {
  const book = { folder: config.clients, env: context.env, ...ruleBookOf(config) };
  const result = readClient(text, fileNameOf(id), book);
  if ('client' in result) return result.client;
  throw new UsageError(result.rejected.problems.map(describeProblem).join('\n'));
}

function fileOf(config: Config, id: string): string {
  return join(config.clients, fileNameOf(id));
}

function writeNew(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text, { flag: 'wx' });
}

/** An app that was removed by an act stays away until an act brings it back; answers whether this one did. */
async function bringBack(context: Context, client: Client): Promise<boolean> {
  try {
    return await context.withProduct(async ({ store, registry, box, clock }) => {
      if (registry.get(client.client_id)?.state !== 'removed') return false;
      const sealed = box.seal(JSON.stringify(client));
      await store.clients.save([
        { clientId: client.client_id, state: 'active', source: 'file', sealed, updatedAt: clock.now() },
      ]);
      return true;
    });
  } catch (error) {
    // Before the first start there is no store, and nothing was removed.
    if (error instanceof AppError && error.code === 'store_missing') return false;
    throw error;
  }
}

/** For editors, where the schema is at hand: relative to the file, so that it holds on other machines. */
function schemaPath({ cwd }: Context, config: Config): string | undefined {
  const schema = join(cwd, 'docs', 'client-file.schema.json');
  return existsSync(schema) ? relative(config.clients, schema) : undefined;
}

function printAdded({ terminal }: Context, file: string, secret: string | undefined): void {
  terminal.print(`Wrote ${file}.`);
  printSecret(terminal, secret);
  terminal.note('A running server reads its client files again on SIGHUP.');
}

function printSecret(terminal: Terminal, secret: string | undefined): void {
  if (secret === undefined) return;
  terminal.print(`client_secret: ${secret}`);
  terminal.note('Give the secret to the app; it is not shown again.');
}

function present(text: string | undefined): readonly string[] {
  return text === undefined ? [] : [text];
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}
