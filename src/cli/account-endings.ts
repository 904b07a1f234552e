import type { Command } from 'commander';
import { deleteAccount, disableAccount, resetFactors, setPassword } from '../admin/account-endings.ts';
import { showAccount } from '../admin/accounts.ts';
import { previewLogout } from '../admin/logouts.ts';
import { addLeaf, type Context, run } from './command.ts';
import type { Desk } from './desk.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { REASON } from './reason-option.ts';
import { counted } from './words.ts';

interface EndOptions {
  readonly json?: boolean;
  readonly yes?: boolean;
  readonly passwordStdin?: boolean;
  readonly reason?: string;
}

/** What changes an account and ends all it has, in one write. */
export function addAccountEndings(group: Command, context: Context): void {
  addPassword(group, context);
  addResetFactors(group, context);
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
    .option(...REASON)
    .action(
      run(context, (account: string, options: EndOptions) =>
        context.withDesk(async (desk) => {
          // Before somebody types a password twice.
          await desk.act(showAccount, { account });
          const password = await context.ask.newPassword(options.passwordStdin ?? false);
          return report(
            context,
            options,
            'has a new password',
            await desk.act(setPassword, { account, password, reason: options.reason }),
          );
        }),
      ),
    );
}

function addResetFactors(group: Command, context: Context): void {
  addLeaf(group, {
    usage: 'reset-factors <account>',
    summary: 'take away passkeys, authenticator apps and recovery codes; signs the account off everywhere',
    examples: ['accounts reset-factors alice', 'accounts reset-factors alice --yes --json'],
  })
    .option('--yes', 'do not ask; needed where nobody can be asked')
    .option(...REASON)
    .action(
      run(context, (account: string, options: EndOptions) =>
        context.withDesk(async (desk) => {
          if (!(await isSure(context, desk, account, options, 'reset the second factors of'))) return EXIT.notAll;
          const done = 'signs in with the password alone';
          return report(context, options, done, await desk.act(resetFactors, { account, reason: options.reason }));
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
    .option(...REASON)
    .action(
      run(context, (account: string, options: EndOptions) =>
        context.withDesk(async (desk) => {
          if (!(await isSure(context, desk, account, options, 'disable'))) return EXIT.notAll;
          return report(
            context,
            options,
            'is disabled',
            await desk.act(disableAccount, { account, reason: options.reason }),
          );
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
    .option(...REASON)
    .action(
      run(context, (account: string, options: EndOptions) =>
        context.withDesk(async (desk) => {
          if (!(await isSure(context, desk, account, options, 'delete'))) return EXIT.notAll;
          return report(
            context,
            options,
            'is deleted',
            await desk.act(deleteAccount, { account, reason: options.reason }),
          );
        }),
      ),
    );
}

/** Shows what will end, in numbers, and asks where somebody is there. */
async function isSure(
  { terminal, ask }: Context,
  desk: Desk,
  account: string,
  options: EndOptions,
  verb: string,
): Promise<boolean> {
  const { username } = await desk.act(showAccount, { account });
  const { sessions, apps } = await desk.act(previewLogout, { account });
  terminal.note(
    `This ends ${counted(sessions, 'session')} of ${username}, with ${counted(apps.length, 'app')} inside.`,
  );
  return ask.isSure(`Really ${verb} ${username}?`, options.yes);
}

interface EndedAccount {
  readonly username: string;
  readonly sessions_ended: number;
  readonly sign_ins_told: number;
  readonly sign_ins_ended: number;
}

/** Scripts know the row as it is. */
function withoutSignIns({ sign_ins_told: _told, sign_ins_ended: _all, ...row }: EndedAccount): object {
  return row;
}

function report({ terminal }: Context, { json }: EndOptions, done: string, account: EndedAccount): ExitCode {
  const { username, sessions_ended: sessions, sign_ins_told: told, sign_ins_ended: all } = account;
  if (json) terminal.printJson(withoutSignIns(account));
  else
    terminal.print(
      `${username} ${done}; ${counted(sessions, 'session')} ended, ${told} of ${all} sign-ins at apps told.`,
    );
  return EXIT.done;
}
