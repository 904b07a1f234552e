import type { Command } from 'commander';
import { addLeaf, type Context, run } from './command.ts';
import { EXIT } from './exit-codes.ts';

export function addStart(program: Command, context: Context): void {
  addLeaf(program, {
    usage: 'start',
    summary: 'start the server; NODE_ENV=production makes it strict about settings',
    examples: ['start'],
    answers: false,
  }).action(
    run(context, async () => {
      await context.serve(context.config());
      return EXIT.done;
    }),
  );
}
