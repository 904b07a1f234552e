import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type Document, isMap, isNode, LineCounter, parseDocument } from 'yaml';
import { AppError } from '../errors.ts';
import { readAuthorities } from './authorities-file.ts';
import { type Client, clientFileSchema, withDefaults } from './client-file.ts';
import { clientIdOf, fileNameOf } from './client-file-name.ts';
import { fillFromEnvironment } from './environment-values.ts';
import { type Problem, problem } from './problem.ts';
import { type RuleBook, registrationProblems } from './registration-rules.ts';
import { schemaProblems } from './schema-problems.ts';

/** A file that was turned down, and why. */
export interface Rejected {
  /** Name without folder. */
  readonly file: string;
  /** The app it speaks of: a file is named after its client. */
  readonly client_id: string;
  readonly problems: readonly LocatedProblem[];
}

interface LocatedProblem extends Problem {
  /** 1 is the first. */
  readonly line: number;
}

export interface LoadedClients {
  readonly clients: readonly Client[];
  readonly rejected: readonly Rejected[];
}

/** What it takes to judge client files. */
export interface LoadOptions extends RuleBook {
  readonly folder: string;
  /** For `${NAME}` in values. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

type FileResult = { readonly client: Client } | { readonly rejected: Rejected };

const ENDING = '.yaml';
const BYTES_MAX = 256 * 1024;

/**
 * Reads `<folder>/*.yaml`. A bad file costs only its app; a folder that is not there is an empty one, because an
 * unmounted folder must not stop the others (what vanished is suspended by the registry).
 */
export function loadClients(options: LoadOptions): LoadedClients {
  const results = filesIn(options.folder).map((file) => loadFile(join(options.folder, file), options));
  return {
    clients: results.flatMap((one) => ('client' in one ? [one.client] : [])),
    rejected: results.flatMap((one) => ('rejected' in one ? [one.rejected] : [])),
  };
}

function filesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => /\.(ya?ml|json)$/i.test(name) && !name.startsWith('.'))
      .sort();
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return [];
    throw new AppError({
      code: 'clients_unreadable',
      status: 500,
      publicMessage: `The folder of client files, ${folder}, cannot be read (${code}). Check SIGNOFF_CLIENTS, and who may read it.`,
      cause: error,
    });
  }
}

function loadFile(path: string, options: LoadOptions): FileResult {
  const file = basename(path);
  if (!file.endsWith(ENDING)) {
    return rejected(file, [
      { ...problem([], 'is not read', `rename it to ${file.replace(/\.[^.]*$/, ENDING)}`), line: 1 },
    ]);
  }
  try {
    const size = statSync(path).size;
    if (size > BYTES_MAX)
      return rejected(file, [{ ...problem([], 'is too large', 'a client file has a few lines'), line: 1 }]);
    return readClient(readFileSync(path, 'utf8'), file, options);
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    return rejected(file, [
      { ...problem([], `cannot be read (${code})`, 'check what it is and who may read it'), line: 1 },
    ]);
  }
}

/**
 * One file's text, judged whole: syntax, names and shapes, then the rules; problems of one step are told together.
 * `folder`: where files that it names lie.
 */
export function readClient(text: string, file: string, options: LoadOptions): FileResult {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const syntax = document.errors.map((error) => ({
    ...problem([], `is not YAML: ${error.message}`, 'mind indentation, and quote values with special characters'),
    line: lines.linePos(error.pos[0]).line,
  }));
  if (syntax.length > 0) return rejected(file, syntax);
  const { content, problems: missing } = fillFromEnvironment(toPlain(document), options.env);
  const result =
    missing.length > 0
      ? { problems: missing }
      : judgeClient(content, options, ({ client_id }) => nameProblems(client_id, file));
  if ('client' in result) return result;
  return rejected(
    file,
    result.problems.map((one) => ({ ...one, line: lineOf(document, lines, one.path) })),
  );
}

type Judged = { readonly client: Client } | { readonly problems: readonly Problem[] };

/** Any registration, also one that is no file: names and shapes, then the rules. `more`: rules of whoever asks. */
export function judgeClient(
  content: unknown,
  options: Pick<LoadOptions, 'folder' | 'refusal' | 'scopes'>,
  more: (client: Client) => readonly Problem[] = () => [],
): Judged {
  const parsed = clientFileSchema.safeParse(content, { reportInput: true });
  if (!parsed.success) return { problems: schemaProblems(parsed.error) };
  const { tls_ca: authoritiesFile } = parsed.data;
  const authorities =
    authoritiesFile === undefined ? { pem: undefined } : readAuthorities(options.folder, authoritiesFile);
  const client = withDefaults(parsed.data, 'pem' in authorities ? authorities.pem : undefined);
  const problems = [
    ...more(client),
    ...registrationProblems(client, options),
    ...('problems' in authorities ? authorities.problems : []),
  ];
  return problems.length > 0 ? { problems } : { client };
}

/** So that two files never speak of the same app, and a vanished file tells which app it was. */
function nameProblems(id: string, file: string): readonly Problem[] {
  const name = fileNameOf(id);
  return file === name
    ? []
    : [
        problem(
          ['client_id'],
          `is not the name of its file, ${file}`,
          `rename the file to ${name} or change client_id`,
        ),
      ];
}

/** An empty file is an empty section, so that the answer is "client_id is missing". */
function toPlain(document: Document): unknown {
  return document.toJS({ maxAliasCount: 50 }) ?? {};
}

/** The line of the field, or of the nearest thing around it. */
function lineOf(document: Document, lines: LineCounter, path: readonly PropertyKey[]): number {
  for (let depth = path.length; depth > 0; depth--) {
    const offset = offsetOf(document, path.slice(0, depth));
    if (offset !== undefined) return lines.linePos(offset).line;
  }
  return 1;
}

/** Where the key (in a section) or the item (in a list) begins. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number | undefined {
  const last = path.at(-1);
  if (typeof last === 'number') return startOf(document.getIn(path, true));
  const section = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  const pair = isMap(section) ? section.items.find(({ key }) => String(key) === last) : undefined;
  return startOf(pair?.key);
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}

function rejected(file: string, problems: readonly LocatedProblem[]): FileResult {
  return { rejected: { file, client_id: clientIdOf(file), problems } };
}
