import type { Command } from 'commander';
import type { Account } from '../accounts/account.ts';
import type { AccountChange, Reason } from '../logout/logout.ts';
import { addLeaf, type Context, run } from './command.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { counted, countSessions, findAccount, nobody } from './find-account.ts';
import type { Product } from './product.ts';
import { accountRow } from './rows.ts';
import { tellApps } from './tell-apps.ts';

/** How long a command stays to see each app tried once; the rest is a running server's, or the next command's. */
const TELL_MS = 5_000;

interface EndOptions {
  readonly json?: boolean;
  readonly yes?: boolean;
  readonly passwordStdin?: boolean;
}

/** What changes an account and ends all it has, in one write. */
export function addAccountEndings(group: Command, context: Context): void {
  addPassword(group, context);
  addDisable(group, context);
  addDelete(group, context);
}

function addPassword(group: Command, context: Context): void {
  addLeaf(group, {
    usage: 'password <account>',
    summary: 'set a new password; signs the account off everywhere',
    examples: ['accounts password alice', 'accounts password alice --password-stdin < password.txt'],
  })
    .option('--password-stdin', 'read the password from standard input')
    .action(
      run(context, (name: string, options: EndOptions) =>
        context.withProduct(async (product) => {
          const account = await findAccount(product, name);
          if (!account) return nobody(context, name);
          const password = await context.ask.newPassword(options.passwordStdin ?? false);
          const passwordHash = await product.passwords.hash(password);
          return end(context, product, account, options, {
            reason: 'password-changed',
            change: { passwordHash },
            done: `${account.username} has a new password`,
          });
        }),
      ),
    );
}

function addDisable(group: Command, context: Context): void {
  addLeaf(group, {
    usage: 'disable <account>',
    summary: 'keep an account from signing in; signs it off everywhere',
    examples: ['accounts disable alice', 'accounts disable alice --yes --json'],
  })
    .option('--yes', 'do not ask; needed where nobody can be asked')
    .action(
      run(context, (name: string, options: EndOptions) =>
        context.withProduct(async (product) => {
          const account = await findAccount(product, name);
          if (!account) return nobody(context, name);
          if (!(await isSure(context, product, account, options, 'disable'))) return EXIT.notAll;
          return end(context, product, account, options, {
            reason: 'account-disabled',
            change: { state: 'disabled' },
            done: `${account.username} is disabled`,
          });
        }),
      ),
    );
}

function addDelete(group: Command, context: Context): void {
  addLeaf(group, {
    usage: 'delete <account>',
    summary: 'erase an account for good; signs it off everywhere',
    examples: ['accounts delete alice', 'accounts delete alice --yes'],
  })
    .option('--yes', 'do not ask; needed where nobody can be asked')
    .action(
      run(context, (name: string, options: EndOptions) =>
        context.withProduct(async (product) => {
          const account = await findAccount(product, name);
          if (!account) return nobody(context, name);
          if (!(await isSure(context, product, account, options, 'delete'))) return EXIT.notAll;
          return end(context, product, account, options, {
            reason: 'account-deleted',
            change: { state: 'deleted' },
            done: `${account.username} is deleted`,
          });
        }),
      ),
    );
}

/** Shows what will end, in numbers, and asks where somebody is there. */
async function isSure(
  { terminal, ask }: Context,
  product: Product,
  account: Account,
  options: EndOptions,
  verb: string,
): Promise<boolean> {
  const { sessions, apps } = await countSessions(product, { accountId: account.id });
  terminal.note(
    `This ends ${counted(sessions, 'session')} of ${account.username}, with ${counted(apps, 'app')} inside.`,
  );
  return ask.isSure(`Really ${verb} ${account.username}?`, options.yes);
}

async function end(
  { terminal }: Context,
  product: Product,
  account: Account,
  options: EndOptions,
  act: { readonly reason: Reason; readonly change: AccountChange; readonly done: string },
): Promise<ExitCode> {
  const ended = await product.endSessions(
    { kind: 'account', accountId: account.id },
    { reason: act.reason, actor: { kind: 'operator' }, accountChange: act.change },
  );
  const progress = await tellApps(product, ended, TELL_MS, 'attempted');
  const sessions = ended.kind === 'ended' ? ended.logout.sessionsEnded : 0;
  if (options.json) {
    const now = (await product.store.accounts.find(account.id)) ?? account;
    const logoutId = ended.kind === 'ended' ? ended.logout.id : undefined;
    terminal.printJson({
      ...accountRow({ ...now, username: account.username }),
      logout_id: logoutId,
      sessions_ended: sessions,
    });
  } else {
    const told = progress ? `, ${progress.told} of ${progress.total} sign-ins at apps told` : '';
    terminal.print(`${act.done}; ${counted(sessions, 'session')} ended${told}.`);
  }
  return EXIT.done;
}
