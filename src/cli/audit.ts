import type { Command } from 'commander';
import { exportAudit, listAudit, verifyAudit } from '../admin/audit.ts';
import { addGroup, addLeaf, type Context, run } from './command.ts';
import { EXIT } from './exit-codes.ts';
import { type ListOptions, printPages } from './listing.ts';
import type { Column } from './terminal.ts';

const COLUMNS: readonly Column[] = [
  ['seq', 'NR'],
  ['at', 'AT'],
  ['actor', 'WHO'],
  ['action', 'DID'],
  ['subject', 'TO'],
  ['reason', 'WHY'],
];

interface FilterOptions extends ListOptions {
  readonly subject?: string;
  readonly actor?: string;
  readonly action?: string;
}

export function addAudit(program: Command, context: Context): void {
  const group = addGroup(program, 'audit', 'who did what, to whom, from where');
  addList(group, context);
  addVerify(group, context);
  addExport(group, context);
}

function addList(group: Command, context: Context): void {
  addLeaf(group, {
    usage: 'list',
    summary: 'list what operators did, newest first',
    examples: ['audit list --limit 20', 'audit list --action logouts.end --json'],
  })
    .option('--subject <subject>', 'what it was done to, like "client wiki"')
    .option('--actor <id>', 'who did it')
    .option('--action <action>', 'what was done, like logouts.end')
    .option('--limit <number>', 'at most so many')
    .action(
      run(context, ({ json, limit, ...filter }: FilterOptions) =>
        context.withDesk((desk) =>
          printPages(context.terminal, { json, limit }, COLUMNS, async (part) => {
            const page = await desk.act(listAudit, { ...filter, ...part });
            return json
              ? page
              : { ...page, items: page.items.map(({ actor, ...row }) => ({ ...row, actor: actor.id })) };
          }),
        ),
      ),
    );
}

function addVerify(group: Command, context: Context): void {
  addLeaf(group, {
    usage: 'verify',
    summary: 'check that no row was changed, taken out or put in; names the first that does not fit',
    examples: ['audit verify', 'audit verify --json'],
  }).action(
    run(context, ({ json }: { readonly json?: boolean }) =>
      context.withDesk(async (desk) => {
        const found = await desk.act(verifyAudit, {});
        if (json) context.terminal.printJson(found);
        else if (found.ok)
          context.terminal.print(`${found.rows} rows fit. The last one’s hash: ${found.last_hash || 'none'}`);
        else context.terminal.print(`Row ${found.broken_at} does not fit: it was changed, or is not there.`);
        return found.ok ? EXIT.done : EXIT.notAll;
      }),
    ),
  );
}

function addExport(group: Command, context: Context): void {
  addLeaf(group, {
    usage: 'export',
    summary: 'print all rows as JSON, oldest first, one a line',
    examples: ['audit export', 'audit export --json'],
  }).action(
    run(context, () =>
      context.withDesk((desk) =>
        printPages(context.terminal, { json: true }, COLUMNS, (part) => desk.act(exportAudit, part)),
      ),
    ),
  );
}
