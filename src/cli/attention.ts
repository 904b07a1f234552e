import type { Command } from 'commander';
import { listAttention } from '../admin/attention.ts';
import { addLeaf, type Context, run } from './command.ts';
import { EXIT } from './exit-codes.ts';

/** What somebody should see to; `doctor` is about how the service is run, this about what it is at. */
export function addAttention(program: Command, context: Context): void {
  addLeaf(program, {
    usage: 'attention',
    summary: 'what somebody should see to: apps that fail or cannot be told, deliveries, walks, keys, the disk',
    examples: ['attention', 'attention --json'],
  }).action(
    run(context, ({ json }: { readonly json?: boolean }) =>
      context.withDesk(async (desk) => {
        const { items } = await desk.act(listAttention, {});
        const { terminal } = context;
        if (json) for (const item of items) terminal.printJson(item);
        else for (const { message } of items) terminal.print(message);
        if (!json && items.length === 0) terminal.note('All is well.');
        return items.length === 0 ? EXIT.done : EXIT.notAll;
      }),
    ),
  );
}
