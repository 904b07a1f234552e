/** Short ways to make the small parts of a page. */
import type { Block, Cell, FormButton, Link, Table, TableRow, Tone } from './admin-page-models.ts';

export function text(words: string): Cell {
  return { kind: 'text', text: words, soft: false };
}

export function soft(words: string): Cell {
  return { kind: 'text', text: words, soft: true };
}

export function link(words: string, href: string): Cell {
  return { kind: 'link', text: words, href };
}

/** `iso` as use cases write instants. */
export function time(iso: string | null): Cell {
  return iso === null ? soft('never') : { kind: 'time', instant: Date.parse(iso) };
}

export function chip(tone: Tone, words: string): Cell {
  return { kind: 'chip', tone, text: words };
}

export function code(words: string): Cell {
  return { kind: 'code', text: words };
}

export function beside(...cells: readonly Cell[]): Cell {
  return { kind: 'several', cells };
}

export function below(...cells: readonly Cell[]): Cell {
  return { kind: 'lines', cells };
}

export function words(said: string): Block {
  return { kind: 'words', cell: text(said) };
}

export function heading(said: string): Block {
  return { kind: 'heading', text: said };
}

/** Something was done, or is to be known. */
export function calm(said: string): Block {
  return { kind: 'notice', tone: 'calm', cell: text(said) };
}

/** Something went wrong. */
export function bad(said: string): Block {
  return { kind: 'notice', tone: 'bad', cell: text(said) };
}

export function table(
  caption: string,
  columns: readonly string[],
  rows: readonly TableRow[],
  none = 'There are none.',
): Table {
  return { kind: 'table', caption, columns, acts: 'What can be done', rows, none };
}

/** A POST of one button with these fields. */
export function button(
  words: string,
  action: string,
  { fields = {}, unseen }: { readonly fields?: Readonly<Record<string, string>>; readonly unseen?: string } = {},
): FormButton {
  const hidden = Object.entries(fields).map(([name, value]) => ({ name, value }));
  return { action, hidden, text: words, ...(unseen !== undefined && { unseen }) };
}

/** "2 sessions", "1 session"; `many` where an s is not enough. */
export function counted(count: number, noun: string, many = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : many}`;
}

/**
 * The pages of a list: back to the first where this is a later one, on where there is more. `query` is what the list was
 * filtered by, without `after`.
 */
export function pager(
  path: string,
  query: Readonly<Record<string, string | undefined>>,
  { after, next }: { readonly after: string | undefined; readonly next: string | null },
): readonly Block[] {
  const links: Link[] = [];
  if (after !== undefined) links.push({ text: 'First page', href: addressOf(path, query) });
  if (next !== null) links.push({ text: 'Next page', href: addressOf(path, { ...query, after: next }) });
  return links.length === 0 ? [] : [{ kind: 'links', links }];
}

/** `path` with what is said of `query`. */
export function addressOf(path: string, query: Readonly<Record<string, string | undefined>>): string {
  const said = Object.entries(query).filter((entry): entry is [string, string] => (entry[1] ?? '') !== '');
  return said.length === 0 ? path : `${path}?${new URLSearchParams(said)}`;
}

/** A path of ours with ids in it: each is one segment, whatever it holds. */
export function pathTo(...segments: readonly string[]): string {
  return ['/admin', ...segments.map(encodeURIComponent)].join('/');
}
