import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { parse } from 'yaml';
import { changeClient, previewChange } from '../admin/client-changes.ts';
import { showClient } from '../admin/clients.ts';
import { isSection } from '../admin/input.ts';
import { addLeaf, type Context, run } from './command.ts';
import { EXIT, type ExitCode, UsageError } from './exit-codes.ts';
import { printRows } from './listing.ts';
import { REASON } from './reason-option.ts';
import type { Column } from './terminal.ts';

interface ChangeOptions {
  readonly json?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly reason?: string;
}

const COLUMNS: readonly Column[] = [
  ['field', 'FIELD'],
  ['before', 'BEFORE'],
  ['after', 'AFTER'],
];

/** What the API's PUT and the page's form do; an app of a file is changed there. */
export function addClientChange(group: Command, context: Context): void {
  addLeaf(group, {
    usage: 'change <client_id> <file>',
    summary: 'change an app that no file speaks of into what FILE says; shows what changes, and asks',
    examples: [
      'clients change wiki wiki.json --dry-run',
      'clients change wiki wiki.yaml',
      'clients change wiki wiki.json --yes --reason moved --json',
    ],
  })
    .option('--dry-run', 'only say what would change')
    .option('--yes', 'do not ask; needed where nobody can be asked')
    .option(...REASON)
    .action(run(context, (id: string, file: string, options: ChangeOptions) => change(context, id, file, options)));
}

async function change(context: Context, id: string, file: string, options: ChangeOptions): Promise<ExitCode> {
  const { terminal } = context;
  const { json, dryRun, yes, reason } = options;
  const client = readDocument(resolve(context.cwd, file));
  return context.withDesk(async (desk) => {
    // What `clients show --json` printed says which version was seen.
    const seen = isSection(client) && typeof client['version'] === 'string' ? client['version'] : undefined;
    const version = seen ?? (await desk.act(showClient, { id })).version;
    const { changes } = await desk.act(previewChange, { id, version, client });
    if (dryRun || !json) printRows(terminal, json, COLUMNS, changes.map(asText));
    if (dryRun) return EXIT.done;
    if (!(await context.ask.isSure(`Change ${id}?`, yes))) return EXIT.notAll;
    const changed = await desk.act(changeClient, { id, version, client, reason });
    if (json) terminal.printJson(changed);
    else terminal.print(`${id} is changed.`);
    return EXIT.done;
  });
}

/** JSON is YAML. */
function readDocument(path: string): unknown {
  try {
    return parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${(error as Error).message}`);
  }
}

function asText({
  field,
  before,
  after,
}: {
  readonly field: string;
  readonly before?: unknown;
  readonly after?: unknown;
}) {
  return { field, before: before ?? null, after: after ?? null };
}
