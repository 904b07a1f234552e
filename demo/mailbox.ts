import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

/** A mail of the provider's outbox, as its reader would see it. */
export interface DemoMail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

const SHOWN = 20;

/** The newest mails, newest first; none where nothing was sent yet. */
export async function readMails(outbox: string): Promise<readonly DemoMail[]> {
  const names = (await readdir(outbox).catch(() => [])).filter((name) => name.endsWith('.eml')).toSorted();
  const files = names.slice(-SHOWN).toReversed();
  return Promise.all(files.map(async (name) => readMail(await readFile(path.join(outbox, name), 'latin1'))));
}

/** As much of RFC 5322 and MIME as the provider's own mails use: one part of plain text, first of two. */
function readMail(bytes: string): DemoMail {
  const { headers, body } = split(bytes);
  const boundary = /boundary="?([^";]+)"?/.exec(headers.get('content-type') ?? '')?.[1] ?? '';
  const [, first = ''] = body.split(`--${boundary}\r\n`);
  const part = split(first);
  return {
    to: headers.get('to') ?? '',
    subject: words(headers.get('subject') ?? ''),
    text: decoded(part.body, part.headers.get('content-transfer-encoding')),
  };
}

function split(text: string): { readonly headers: ReadonlyMap<string, string>; readonly body: string } {
  const end = text.indexOf('\r\n\r\n');
  const lines = text
    .slice(0, end)
    .replace(/\r\n[ \t]+/g, ' ')
    .split('\r\n');
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  return { headers: new Map(headers), body: text.slice(end + 4) };
}

function decoded(body: string, encoding: string | undefined): string {
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString('utf8');
  return encoding === 'quoted-printable' ? quoted(body.replace(/=\r\n/g, '')) : body;
}

function quoted(text: string): string {
  const bytes = text.replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

/** RFC 2047. */
function words(text: string): string {
  // White space between two of them is none (§6.2).
  const joined = text.replace(/\?=\s+=\?/g, '?==?');
  return joined.replace(/=\?utf-8\?([QB])\?([^?]*)\?=/gi, (_, kind: string, content: string) =>
    kind.toUpperCase() === 'B' ? Buffer.from(content, 'base64').toString('utf8') : quoted(content.replaceAll('_', ' ')),
  );
}
