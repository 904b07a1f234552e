import { existsSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import { fileNameOf } from '../clients/client-file-name.ts';
import { clientWarnings } from '../clients/client-warnings.ts';
import { type LoadedClients, loadClients } from '../clients/load-clients.ts';
import { describeProblem } from '../clients/problem.ts';
import type { RuleBook } from '../clients/registration-rules.ts';
import type { Config } from '../config.ts';
import { type ExtraScopes, registrableScopes } from '../extra-scopes.ts';
import { createOutbound } from '../ops/outbound.ts';
import { addLeaf, type Context, run } from './command.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';

/** The rules as the server applies them, from the settings. */
export function ruleBookOf(config: Config): RuleBook {
  const outbound = createOutbound({ allow: config.outboundAllow });
  return { refusal: (url) => outbound.refusal(url), scopes: registrableScopes(config.scopes) };
}

/** One checked file. */
interface Checked {
  readonly file: string;
  readonly client_id: string;
  readonly ok: boolean;
  readonly problems: readonly {
    readonly line: number;
    readonly field: string;
    readonly message: string;
    readonly fix: string;
  }[];
  readonly warnings: readonly string[];
}

export function addClientCheck(group: Command, context: Context): void {
  addLeaf(group, {
    usage: 'check [files...]',
    summary: 'check client files as the server would; without names all of them',
    examples: ['clients check', 'clients check wiki mail', 'clients check clients/wiki.yaml --json'],
  }).action(
    run(context, async (names: readonly string[], options: { readonly json?: boolean }) => {
      const config = context.config();
      const files = names.map((name) => fileOf(name, config.clients, context.cwd));
      const folders = new Set(files.length > 0 ? files.map(dirname) : [config.clients]);
      const wanted = new Set(files);
      const checked = [...folders].flatMap((folder) =>
        rowsOf(loadClients({ folder, env: context.env, ...ruleBookOf(config) }), config.scopes).filter(
          ({ file }) => wanted.size === 0 || wanted.has(resolve(folder, file)),
        ),
      );
      return report(context, checked, names.length, options.json);
    }),
  );
}

/** A path, or the id of an app in the folder of client files. */
function fileOf(name: string, folder: string, cwd: string): string {
  const path = resolve(cwd, name);
  return existsSync(path) && basename(path).includes('.') ? path : resolve(folder, fileNameOf(name));
}

function rowsOf({ clients, rejected }: LoadedClients, scopes: ExtraScopes): readonly Checked[] {
  const good = clients.map((client) => ({
    file: fileNameOf(client.client_id),
    client_id: client.client_id,
    ok: true,
    problems: [],
    warnings: clientWarnings(client, scopes),
  }));
  const bad = rejected.map(({ file, client_id, problems }) => ({
    file,
    client_id,
    ok: false,
    problems: problems.map(({ line, field, message, fix }) => ({ line, field, message, fix })),
    warnings: [],
  }));
  return [...good, ...bad].toSorted((a, b) => (a.file < b.file ? -1 : 1));
}

function report(
  { terminal }: Context,
  checked: readonly Checked[],
  asked: number,
  json: boolean | undefined,
): ExitCode {
  for (const one of checked) {
    if (json) terminal.printJson(one);
    else printChecked(terminal.print, one);
  }
  if (checked.length < asked || checked.length === 0) {
    terminal.note(asked === 0 ? 'There are no client files.' : 'Some of these files are not there.');
    return EXIT.nothing;
  }
  return checked.every((one) => one.ok) ? EXIT.done : EXIT.notAll;
}

function printChecked(print: (line: string) => void, { file, ok, problems, warnings }: Checked): void {
  if (ok) print(`${file}: good${warnings.map((one) => ` (${one})`).join('')}`);
  for (const problem of problems) print(`${file}:${problem.line}: ${describeProblem({ path: [], ...problem })}`);
}
