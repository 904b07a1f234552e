import { Command } from 'commander';
import { addAccounts } from './accounts.ts';
import { addAttention } from './attention.ts';
import { addAudit } from './audit.ts';
import { addClients } from './clients.ts';
import type { Context } from './command.ts';
import { addCompletion } from './completion.ts';
import { addConfig } from './config.ts';
import { addDeliveries } from './deliveries.ts';
import { addDoctor } from './doctor.ts';
import { EXIT_CODE_HELP } from './exit-codes.ts';
import { addExplain } from './explain.ts';
import { addImport } from './import.ts';
import { addKeys } from './keys.ts';
import { addListen } from './listen.ts';
import { addLogout } from './logout.ts';
import { addLogouts } from './logouts.ts';
import { addMails } from './mails.ts';
import { addOperators } from './operators.ts';
import { addRegistrationTokens } from './registration-tokens.ts';
import { withServerOptions } from './server-choice.ts';
import { addSessions } from './sessions.ts';
import { addStart } from './start.ts';
import { addTokens } from './tokens.ts';
import { addUpkeep } from './upkeep.ts';

/** The command line, whole. It throws CommanderError instead of ending the process. */
export function createProgram(context: Context): Command {
  const { stdout, stderr } = context.terminal.streams;
  const program = withServerOptions(new Command('signoff'))
    .description('An OpenID Connect provider whose promise is the end of a session.')
    .addHelpText(
      'before',
      'Examples:\n  signoff accounts add alice\n  signoff sessions list\n  signoff logout --account alice\n',
    )
    .addHelpText('after', `\n${EXIT_CODE_HELP}`)
    .exitOverride()
    .configureOutput({ writeOut: (text) => void stdout.write(text), writeErr: (text) => void stderr.write(text) });
  addStart(program, context);
  addAccounts(program, context);
  addClients(program, context);
  addSessions(program, context);
  addLogout(program, context);
  addLogouts(program, context);
  addDeliveries(program, context);
  addExplain(program, context);
  addListen(program, context);
  addMails(program, context);
  addKeys(program, context);
  addOperators(program, context);
  addTokens(program, context);
  addRegistrationTokens(program, context);
  addAudit(program, context);
  addConfig(program, context);
  addAttention(program, context);
  addDoctor(program, context);
  addImport(program, context);
  addUpkeep(program, context);
  addCompletion(program, context);
  return program;
}
