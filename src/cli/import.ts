import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Command } from 'commander';
import { addClient } from '../admin/clients.ts';
import { importAccounts } from '../admin/import-accounts.ts';
import { previewClients } from '../admin/import-clients.ts';
import { addGroup, addLeaf, type Context, run } from './command.ts';
import type { Desk } from './desk.ts';
import { EXIT, type ExitCode, UsageError } from './exit-codes.ts';
import { printRows } from './listing.ts';
import { counted } from './words.ts';

interface ImportOptions {
  readonly json?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

/** As many as a use case takes at once. */
const BATCH = 200;
const FILE_BYTES_MAX = 64 * 1024 * 1024;

export function addImport(program: Command, context: Context): void {
  const group = addGroup(program, 'import', 'accounts and apps of another program');
  addLeaf(group, {
    usage: 'accounts <file>',
    summary: 'make accounts from JSON lines with password hashes (argon2, bcrypt, scrypt, PBKDF2)',
    examples: [
      'import accounts people.jsonl --dry-run',
      'import accounts people.jsonl',
      'import accounts people.jsonl --json',
    ],
  })
    .option('--dry-run', 'say what would be made, and make nothing')
    .action(run(context, (file: string, options: ImportOptions) => accounts(context, file, options)));
  addLeaf(group, {
    usage: 'clients <file>',
    summary: 'register apps of registration JSON, of a Keycloak realm export, or of Hydra',
    examples: [
      'import clients realm-export.json --dry-run',
      'import clients hydra.json --yes',
      'import clients apps.json --yes --json',
    ],
  })
    .option('--dry-run', 'the preview alone')
    .option('--yes', 'do not ask')
    .action(run(context, (file: string, options: ImportOptions) => clients(context, file, options)));
}

async function accounts(context: Context, file: string, { json, dryRun = false }: ImportOptions): Promise<ExitCode> {
  const { terminal } = context;
  const counts = { made: 0, there: 0, refused: 0 };
  await context.withDesk(
    async (desk) => {
      for await (const batch of batchesOf(resolve(context.cwd, file))) {
        const given = batch.map(({ value }) => value);
        const { items } = await desk.act(importAccounts, { accounts: given, dry_run: dryRun });
        for (const { index, ...item } of items) {
          counts[item.result] += 1;
          const row = { line: batch[index]?.line ?? null, ...item };
          if (json) terminal.printJson(row);
          else if (item.result === 'refused') terminal.note(`line ${row.line}: ${item.username ?? ''} ${item.message}`);
        }
      }
    },
    { create: true },
  );
  const made = dryRun ? 'would be made' : 'made';
  terminal.note(
    `${counted(counts.made, 'account')} ${made}, ${counts.there} there already, ${counts.refused} refused.`,
  );
  return counts.refused > 0 ? EXIT.notAll : EXIT.done;
}

interface Line {
  readonly line: number;
  readonly value: unknown;
}

/** Line by line: a file of a million accounts needs little memory. */
async function* batchesOf(path: string): AsyncGenerator<readonly Line[]> {
  let batch: Line[] = [];
  let line = 0;
  for await (const text of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })) {
    line += 1;
    if (text.trim() === '') continue;
    batch.push({ line, value: readJson(text) });
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** What is no JSON is refused in its turn, as a value that is no account. */
function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const CLIENT_COLUMNS = [
  ['client_id', 'APP'],
  ['result', 'RESULT'],
  ['client_secret', 'NEW SECRET'],
  ['message', 'WHY'],
  ['left_out', 'LEFT OUT'],
] as const;

async function clients(context: Context, file: string, options: ImportOptions): Promise<ExitCode> {
  const document = await readDocument(resolve(context.cwd, file));
  return context.withDesk(async (desk) => {
    const { items } = await desk.act(previewClients, { document });
    if (items.length === 0) return EXIT.nothing;
    const good = items.filter(({ result }) => result === 'new');
    if (!options.json || options.dryRun)
      printRows(
        context.terminal,
        options.json,
        CLIENT_COLUMNS,
        items.map(({ client: _, ...row }) => row),
      );
    const code = items.some(({ result }) => result === 'refused') ? EXIT.notAll : EXIT.done;
    if (options.dryRun || good.length === 0) return code;
    if (!(await context.ask.isSure(`Register ${counted(good.length, 'app')}?`, options.yes))) return EXIT.notAll;
    const made = await register(desk, good);
    printRows(context.terminal, options.json, CLIENT_COLUMNS, made);
    return code;
  });
}

async function register(desk: Desk, good: readonly { readonly client: Readonly<Record<string, unknown>> | null }[]) {
  const made = [];
  for (const { client } of good) {
    const { client_id, client_secret } = await desk.act(addClient, { client: client ?? {}, reason: 'imported' });
    made.push({ client_id, result: 'registered', client_secret, message: null, left_out: [] });
  }
  return made;
}

async function readDocument(path: string): Promise<unknown> {
  if ((await stat(path)).size > FILE_BYTES_MAX) throw new UsageError(`${path} is larger than 64 MB.`);
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new UsageError(`${path} is no JSON: ${(error as Error).message}`);
  }
}
