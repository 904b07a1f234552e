import type { Command } from 'commander';
import { systemClock } from '../ops/clock.ts';
import { createLog } from '../ops/log.ts';
import { addLeaf, type Context, run } from './command.ts';
import type { Check } from './doctor/check.ts';
import { EXIT, UsageError } from './exit-codes.ts';
import { assertHere } from './server-choice.ts';
import type { Terminal } from './terminal.ts';

interface DoctorOptions {
  readonly json?: boolean;
  readonly fix?: boolean;
}

export function addDoctor(program: Command, context: Context): void {
  addLeaf(program, {
    usage: 'doctor',
    summary: 'look for what is wrong with how this Signoff is run: cause and exact fix',
    examples: ['doctor', 'doctor --fix', 'doctor --json'],
  })
    .option('--fix', 'first do what is safe: permissions of files, migrations, signing keys that are due')
    .action(
      run(context, async ({ json, fix = false }: DoctorOptions) => {
        assertHere(context);
        const checks = await look(context, fix);
        if (json) context.terminal.printJson({ checks });
        else for (const check of checks) print(context.terminal, check);
        return checks.some(({ result }) => result === 'failed') ? EXIT.notAll : EXIT.done;
      }),
    );
}

async function look(context: Context, fix: boolean): Promise<readonly Check[]> {
  const { examine } = await import('./doctor/examine.ts');
  const { ill, well } = await import('./doctor/check.ts');
  const title = 'The settings can be read';
  try {
    const config = context.config();
    const log = createLog({ level: 'silent', format: 'json' });
    return [
      well('settings', title),
      ...(await examine({ config, env: context.env, clock: systemClock, log }, { fix })),
    ];
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const cause = error.message.split('\n').slice(1).join('; ').trim();
    return [
      ill('settings', title, 'failed', {
        cause,
        fix: 'change these; signoff config shows where each value comes from',
      }),
    ];
  }
}

const WORDS: Readonly<Record<Check['result'], string>> = { ok: 'ok     ', warning: 'warning', failed: 'FAILED ' };

function print(terminal: Terminal, { result, title, cause, fix }: Check): void {
  terminal.print(`${WORDS[result]}  ${title}`);
  if (cause !== null) terminal.print(`         ${cause}`);
  if (fix !== null) terminal.print(`         → ${fix}`);
}
