import type { Terminal } from './terminal.ts';

/** Prints a token that nobody can read again: alone on a line, so that it can be piped, with what to know of it beside. */
export function printOnce(
  terminal: Terminal,
  row: { readonly token: string; readonly expires_at: string },
  json: boolean | undefined,
): void {
  if (json) terminal.printJson(row);
  else {
    terminal.print(row.token);
    terminal.note(`It works until ${row.expires_at}, and is not shown again.`);
  }
}
