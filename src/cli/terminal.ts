import type { Readable, Writable } from 'node:stream';
import { safeJson, safeText } from './safe-text.ts';

/** Where a command reads and writes. Standard output carries the answer and nothing else. */
export interface Terminal {
  /** One line of the answer. */
  print(line: string): void;
  /** One JSON document of the answer. */
  printJson(value: unknown): void;
  /** Columns for people; values are shown safely, instants and lists in short. */
  printTable(columns: readonly Column[], rows: readonly Row[]): void;
  /** Hints, previews and errors: standard error. */
  note(line: string): void;
  /** Somebody sits there and can be asked. */
  readonly canAsk: boolean;
  readonly streams: Streams;
}

export interface Streams {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable & { readonly isTTY?: boolean };
  readonly stderr: Writable & { readonly isTTY?: boolean };
}

export type Row = Readonly<Record<string, unknown>>;
/** Field of the row, and what stands above it. */
export type Column = readonly [field: string, title: string];

export function createTerminal(streams: Streams): Terminal {
  const { stdin, stdout, stderr } = streams;
  return {
    streams,
    canAsk: Boolean(stdin.isTTY && stderr.isTTY),
    print: (line) => void stdout.write(`${safeText(line)}\n`),
    printJson: (value) => void stdout.write(`${safeJson(value)}\n`),
    note: (line) => void stderr.write(`${safeText(line)}\n`),
    printTable(columns, rows) {
      for (const line of table(columns, rows)) stdout.write(`${line}\n`);
    },
  };
}

function table(columns: readonly Column[], rows: readonly Row[]): readonly string[] {
  const cells = [columns.map(([, title]) => title), ...rows.map((row) => columns.map(([field]) => cell(row[field])))];
  const widths = columns.map((_, index) => Math.max(...cells.map((line) => (line[index] ?? '').length)));
  return cells.map((line) =>
    line
      .map((text, index) => text.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

function cell(value: unknown): string {
  if (value === undefined || value === null || value === '') return '-';
  if (Array.isArray(value)) return value.length === 0 ? '-' : safeText(value.join(', '));
  return safeText(typeof value === 'string' ? value : JSON.stringify(value));
}
