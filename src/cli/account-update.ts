import type { Command } from 'commander';
import type { Claims } from '../accounts/account.ts';
import { type ClaimOptions, claimsOf, withClaimOptions } from './claim-options.ts';
import { addLeaf, type Context, run } from './command.ts';
import { EXIT, UsageError } from './exit-codes.ts';
import { findAccount, nobody } from './find-account.ts';
import { accountRow } from './rows.ts';

interface UpdateOptions extends ClaimOptions {
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
    .option('--without <claim>', 'a claim to take away; may be given again', (one, all: string[]) => [...all, one], [])
    .action(
      run(context, (name: string, options: UpdateOptions) =>
        context.withProduct(async (product) => {
          assertSomething(options);
          const account = await findAccount(product, name);
          if (!account) return nobody(context, name);
          const now = Math.floor(product.clock.now() / 1000);
          const kept = without(account.claims, [...options.without, 'updated_at']);
          const claims = { updated_at: now, ...claimsOf(options, kept, context) };
          await product.store.accounts.setClaims(account.id, claims);
          if (options.json) context.terminal.printJson({ ...accountRow({ ...account, claims }), claims });
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

function without(claims: Claims, names: readonly string[]): Claims {
  return Object.fromEntries(Object.entries(claims).filter(([name]) => !names.includes(name)));
}
