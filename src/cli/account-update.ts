import type { Command } from 'commander';
import { changeAccount, showAccount } from '../admin/accounts.ts';
import { type ClaimOptions, claimsOf, withClaimOptions } from './claim-options.ts';
import { addLeaf, type Context, run } from './command.ts';
import { EXIT, UsageError } from './exit-codes.ts';
import { REASON } from './reason-option.ts';

interface UpdateOptions extends ClaimOptions {
  readonly reason?: string;
  readonly json?: boolean;
  readonly without: readonly string[];
}

export function addAccountUpdate(group: Command, context: Context): void {
  const leaf = addLeaf(group, {
    usage: 'update <account>',
    summary: 'change claims of an account; those that are not named stay. Nobody is signed off',
    examples: [
      'accounts update alice --email alice@example.org --claim email_verified=true',
      'accounts update alice --claim family_name=Holm --without nickname --json',
    ],
  });
  withClaimOptions(leaf)
    .option(...REASON)
    .option('--without <claim>', 'a claim to take away; may be given again', (one, all: string[]) => [...all, one], [])
    .action(
      run(context, (name: string, options: UpdateOptions) =>
        context.withDesk(async (desk) => {
          assertSomething(options);
          const { claims: before } = await desk.act(showAccount, { account: name });
          const gone = Object.fromEntries(options.without.map((claim) => [claim, null]));
          const claims = { ...gone, ...claimsOf(options, before, context) };
          const account = await desk.act(changeAccount, { account: name, claims, reason: options.reason });
          if (options.json) context.terminal.printJson(account);
          else context.terminal.print(`${account.username} is changed.`);
          return EXIT.done;
        }),
      ),
    );
}

function assertSomething({ email, claim, claims, without }: UpdateOptions): void {
  if (email === undefined && claims === undefined && claim.length === 0 && without.length === 0) {
    throw new UsageError('Say what changes: --email, --claim, --claims or --without.');
  }
}
