import { EXIT, type ExitCode, UsageError } from './exit-codes.ts';
import type { Column, Row, Terminal } from './terminal.ts';

export interface ListOptions {
  readonly json?: boolean | undefined;
  readonly limit?: string | undefined;
}

/** The most that a use case gives at once. */
const PAGE_ROWS = 200;

/** Rows as JSON, one object a line, or as a table. An empty list is an answer, not a failure. */
export function printRows(
  terminal: Terminal,
  json: boolean | undefined,
  columns: readonly Column[],
  rows: readonly Row[],
): void {
  if (json) for (const row of rows) terminal.printJson(row);
  else if (rows.length === 0) terminal.note('None.');
  else terminal.printTable(columns, rows.map(shortTimes));
}

/** Prints page after page, up to `--limit`, so that a large store needs little memory with `--json`. */
export async function printPages(
  terminal: Terminal,
  options: ListOptions,
  columns: readonly Column[],
  page: (part: { readonly limit: number; readonly after?: string }) => Promise<List>,
): Promise<ExitCode> {
  let left = limitOf(options.limit);
  let after: string | null = null;
  const table: Row[] = [];
  do {
    const { items, next }: List = await page({ limit: Math.min(left, PAGE_ROWS), ...(after !== null && { after }) });
    if (options.json) printRows(terminal, true, columns, items);
    else table.push(...items);
    left -= items.length;
    after = next;
  } while (left > 0 && after !== null);
  if (!options.json) printRows(terminal, false, columns, table);
  return EXIT.done;
}

interface List {
  readonly items: readonly Row[];
  readonly next: string | null;
}

/** A record for people: one field a line. */
export function printRecord(terminal: Terminal, json: boolean | undefined, record: Row): void {
  if (json) {
    terminal.printJson(record);
    return;
  }
  const width = Math.max(...Object.keys(record).map((name) => name.length));
  for (const [name, value] of Object.entries(record)) {
    if (value === undefined || value === null) continue;
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    terminal.print(`${name.padEnd(width)}  ${text}`);
  }
}

/** `--state` and the like: one of the words, or exit code 2. */
export function oneOfWords<const T extends string>(
  option: string,
  value: string | undefined,
  words: readonly T[],
): T | undefined {
  if (value === undefined) return undefined;
  const word = words.find((one) => one === value);
  if (word === undefined) throw new UsageError(`${option} must be one of ${words.join(', ')}.`);
  return word;
}

function limitOf(text: string | undefined): number {
  if (text === undefined) return Number.POSITIVE_INFINITY;
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new UsageError('--limit must be a whole number above 0.');
  return Number(text);
}

/** `2026-11-21T10:00:00.000Z` takes less room as `2026-11-21 10:00:00Z`. */
function shortTimes(row: Row): Row {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => {
      const isInstant = typeof value === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value);
      return [name, isInstant ? value.replace('T', ' ').replace(/\.\d+Z$/, 'Z') : value];
    }),
  );
}
