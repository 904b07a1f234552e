import { PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import type { Command } from 'commander';
import { createAsk } from '../../../src/cli/ask.ts';
import type { Context } from '../../../src/cli/command.ts';
import { createProgram } from '../../../src/cli/program.ts';
import { createTerminal } from '../../../src/cli/terminal.ts';

function aProgram(): Command {
  const terminal = createTerminal({ stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() });
  const never = () => {
    throw new Error('nothing is run here');
  };
  const context: Context = {
    terminal,
    ask: createAsk(terminal),
    env: {},
    cwd: '/',
    config: never,
    server: () => undefined,
    withDesk: never,
    withProduct: never,
    serve: never,
    finish: never,
  };
  return createProgram(context);
}

function leaves(command: Command, path: readonly string[] = []): readonly (readonly [string, Command])[] {
  if (command.commands.length === 0) return [[path.join(' '), command]];
  return command.commands.flatMap((one) => leaves(one, [...path, one.name()]));
}

function helpOf(command: Command): string {
  let help = '';
  command.configureOutput({ writeOut: (text) => (help += text) });
  command.outputHelp();
  return help;
}

describe('the command line', () => {
  it('has the commands of the public surface that exist so far', () => {
    expect(leaves(aProgram()).map(([path]) => path)).toEqual([
      'start',
      'accounts add',
      'accounts list',
      'accounts show',
      'accounts update',
      'accounts enable',
      'accounts password',
      'accounts reset-factors',
      'accounts disable',
      'accounts delete',
      'clients list',
      'clients show',
      'clients add',
      'clients change',
      'clients secret',
      'clients snippet',
      'clients probe',
      'clients health',
      'clients check',
      'clients remove',
      'sessions list',
      'sessions end',
      'logout',
      'logouts list',
      'logouts show',
      'logouts pause',
      'logouts resume',
      'deliveries list',
      'deliveries show',
      'deliveries retry',
      'deliveries replay',
      'explain',
      'listen',
      'mails list',
      'mails show',
      'mails retry',
      'keys list',
      'keys rotate',
      'keys retire',
      'operators add',
      'operators list',
      'operators remove',
      'operators link',
      'tokens add',
      'tokens list',
      'tokens revoke',
      'registration-tokens add',
      'registration-tokens list',
      'registration-tokens revoke',
      'audit list',
      'audit verify',
      'audit export',
      'config',
      'attention',
      'doctor',
      'import accounts',
      'import clients',
      'backup',
      'restore',
      'migrate',
      'completion',
    ]);
  });

  for (const [path] of leaves(aProgram())) {
    it(`"${path} --help" begins with examples that work, and tells the exit codes`, async () => {
      const program = aProgram();
      const [, leaf] = leaves(program).find(([name]) => name === path) ?? [];
      if (!leaf) throw new Error(path);
      const help = helpOf(leaf);
      expect(help).toMatch(/^Examples:\n {2}signoff /);
      expect(help).toMatch(/Exit codes:\n {2}0 /);
      const examples = [...help.matchAll(/^ {2}signoff (.*)$/gm)].map(([, example]) => example ?? '');
      expect(examples.length).toBeGreaterThan(0);
      for (const example of examples) {
        let reached = '';
        leaf.action(() => {
          reached = path;
        });
        await program.parseAsync(example.replace(/ < \S+$/, '').split(' '), { from: 'user' });
        expect([example, reached]).toEqual([example, path]);
      }
    });
  }
});
