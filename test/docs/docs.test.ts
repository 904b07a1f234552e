/** What README and `docs/` say is true: settings, client files, commands, links. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import type { Command } from 'commander';
import { createAsk } from '../../src/cli/ask.ts';
import { createProgram } from '../../src/cli/program.ts';
import { createTerminal } from '../../src/cli/terminal.ts';
import { clientFileSchema } from '../../src/clients/client-file.ts';
import { readClient } from '../../src/clients/load-clients.ts';
import { SETTINGS } from '../../src/settings.ts';
import { aRuleBook } from '../unit/clients/a-client.ts';

const ROOT = new URL('../../', import.meta.url);
const DOCS = readdirSync(new URL('docs', ROOT), { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.md'),
);
const PAGES = ['README.md', 'clients/README.md', ...DOCS.map((name) => `docs/${name}`)];

describe.each(PAGES)('%s', (page) => {
  const text = readFileSync(new URL(page, ROOT), 'utf8');

  it('has no link that leads nowhere', () => {
    const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, target]) => target ?? '');
    const missing = links.filter((target) => !existsSync(new URL(target, new URL(page, ROOT))));
    expect(missing).toEqual([]);
  });

  it('names only npm scripts and commands that exist', async () => {
    const { scripts } = JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8')) as { scripts: object };
    const called = [...text.matchAll(/npm run (?:-s )?([\w:]+)/g)].map(([, name]) => name);
    expect(called.filter((name) => name !== undefined && !(name in scripts))).toEqual([]);
    for (const command of commandsIn(text)) await expect(parses(command)).resolves.toBe(command);
  });
});

describe('docs/operating.md', () => {
  const text = readFileSync(new URL('docs/operating.md', ROOT), 'utf8');

  it.each(Object.values(SETTINGS).map(({ env, sentence }) => [env, sentence]))('has %s as it is', (env, sentence) => {
    const row = text.split('\n').find((line) => line.startsWith(`| \`${env}\` |`));
    expect(row).toContain(sentence);
  });

  it('has the defaults as they are', () => {
    const known = { production: false, terminal: false, text: (env: string) => `$${env}` };
    for (const { env, fallback } of Object.values(SETTINGS)) {
      const value = fallback(known);
      const row = text.split('\n').find((line) => line.startsWith(`| \`${env}\` |`)) ?? '';
      // Two are told in words.
      if (value && env !== 'SIGNOFF_NAME' && env !== 'SIGNOFF_LOG_FORMAT') expect(row).toContain(`\`${value}\``);
    }
  });
});

describe('the client file in docs/relying-parties.md', () => {
  const text = readFileSync(new URL('docs/relying-parties.md', ROOT), 'utf8');
  const [first = '', choices = ''] = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, yaml]) => yaml ?? '');

  it('is one that would be accepted', () => {
    expect(readClient(first, 'wiki.yaml', { folder: '/', env: {}, ...aRuleBook() })).toMatchObject({
      client: { client_id: 'wiki' },
    });
  });

  it('names choices that exist, with values that are allowed', () => {
    const result = readClient(`${first}${choices}`, 'wiki.yaml', { folder: '/', env: {}, ...aRuleBook() });
    expect(result).toMatchObject({ client: { max_session: 8 * 3_600_000 } });
    const named = [...choices.matchAll(/^ {2}(\w+):/gm)].map(([, name]) => name);
    expect(named.toSorted()).toEqual(Object.keys(clientFileSchema.shape.logout.def.innerType.shape).toSorted());
  });
});

/** `npm run -s signoff -- …`, without comments and redirections. */
function commandsIn(text: string): readonly string[] {
  return [...text.matchAll(/npm run -s signoff -- ([^\n`#]+)/g)].map(([, command]) =>
    (command ?? '').replace(/ < .*$/, '').trim(),
  );
}

/** Resolves to the command when the command line knows it and its options. */
async function parses(command: string): Promise<string> {
  const program = aProgram();
  for (const leaf of leaves(program)) leaf.action(() => undefined);
  await program
    .parseAsync(command.replace('<kid>', 'a-kid').replace('<id>', 'an-id').split(/\s+/), { from: 'user' })
    .catch((error: Error & { code?: string }) => {
      if (error.code !== 'commander.helpDisplayed') throw error;
    });
  return command;
}

function aProgram(): Command {
  const terminal = createTerminal({ stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() });
  const never = () => {
    throw new Error('nothing is run here');
  };
  const ask = createAsk(terminal);
  return createProgram({
    terminal,
    ask,
    env: {},
    cwd: '/',
    config: never,
    server: () => undefined,
    withDesk: never,
    withProduct: never,
    serve: never,
    finish: never,
  });
}

function leaves(command: Command): readonly Command[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(leaves);
}
