import type { Command } from 'commander';
import { showSnippet } from '../admin/client-snippets.ts';
import { FRAMEWORKS } from '../clients/client-snippets.ts';
import { addLeaf, type Context, run } from './command.ts';
import { EXIT } from './exit-codes.ts';

interface SnippetOptions {
  readonly json?: boolean;
  readonly for?: string;
}

export function addClientSnippet(group: Command, context: Context): void {
  addLeaf(group, {
    usage: 'snippet <client_id>',
    summary: 'the code that an app pastes to be told, filled in for its framework; no secret is in it',
    examples: ['clients snippet wiki', 'clients snippet wiki --for spring', 'clients snippet wiki --for koa --json'],
  })
    .option('--for <framework>', `one of ${FRAMEWORKS.join(', ')}`, 'express')
    .action(
      run(context, (id: string, { json, for: framework }: SnippetOptions) =>
        context.withDesk(async (desk) => {
          const { terminal } = context;
          const snippet = await desk.act(showSnippet, { id, for: framework });
          if (json) terminal.printJson(snippet);
          else {
            for (const { name, text } of snippet.files) {
              terminal.note(`${name}:`);
              for (const line of text.split('\n')) terminal.print(line);
            }
            for (const note of snippet.notes) terminal.note(note);
          }
          return EXIT.done;
        }),
      ),
    );
}
