import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { World } from './product.ts';

/** A mail as its reader has it. */
export interface ReadMail {
  readonly to: string;
  readonly subject: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly text: string;
  readonly html: string;
  /** Addresses in the text, in their order. */
  readonly links: readonly string[];
}

/** Sends what waits and reads the outbox folder: all mails to this address, oldest first. */
export async function mailsTo(
  world: Pick<World<string>, 'server' | 'folder'>,
  to: string,
): Promise<readonly ReadMail[]> {
  await world.server.sendMails();
  const folder = join(world.folder, 'data', 'outbox');
  const names = await readdir(folder).catch(() => []);
  const mails = await Promise.all(names.toSorted().map(async (name) => readMail(await readFile(join(folder, name)))));
  return mails.filter((mail) => mail.to === to);
}

/** The link of the newest mail to this address that leads to `/<page>/…`. */
export async function linkTo(
  world: Pick<World<string>, 'server' | 'folder'>,
  to: string,
  page: string,
): Promise<string> {
  const mails = await mailsTo(world, to);
  const link = mails.flatMap(({ links }) => links).findLast((href) => new URL(href).pathname.startsWith(`/${page}/`));
  if (link === undefined)
    throw new Error(`no mail to ${to} leads to /${page}/; subjects: ${mails.map((m) => m.subject)}`);
  return link;
}

export function readMail(bytes: Buffer): ReadMail {
  const { headers, body } = split(bytes.toString('latin1'));
  const boundary = /boundary="?([^";]+)"?/.exec(headers.get('content-type') ?? '')?.[1] ?? '';
  const parts = body
    .split(`--${boundary}`)
    .slice(1, -1)
    .map((part) => split(part.replace(/^\r\n/, '')));
  const contentOf = (type: string) => {
    const part = parts.find((each) => each.headers.get('content-type')?.startsWith(type));
    return part ? decoded(part.body, part.headers.get('content-transfer-encoding') ?? '7bit') : '';
  };
  const text = contentOf('text/plain');
  return {
    to: headers.get('to') ?? '',
    subject: wordsOf(headers.get('subject') ?? ''),
    headers,
    text,
    html: contentOf('text/html'),
    links: text.match(/https?:\/\/\S+/g) ?? [],
  };
}

function split(text: string): { readonly headers: ReadonlyMap<string, string>; readonly body: string } {
  const [head = '', ...rest] = text.split('\r\n\r\n');
  const lines = head.replace(/\r\n[ \t]+/g, ' ').split('\r\n');
  const headers = new Map(
    lines.map((line) => [line.split(':', 1)[0]?.toLowerCase() ?? '', line.replace(/^[^:]*:\s*/, '')]),
  );
  return { headers, body: rest.join('\r\n\r\n') };
}

function decoded(body: string, encoding: string): string {
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString('utf8');
  return encoding === 'quoted-printable'
    ? quoted(body.replace(/=\r\n/g, ''))
    : Buffer.from(body, 'latin1').toString('utf8');
}

function quoted(text: string): string {
  return Buffer.from(
    text.replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  ).toString('utf8');
}

/** RFC 2047. */
function wordsOf(text: string): string {
  return text
    .replace(/\?=\s+=\?/g, '?==?')
    .replace(/=\?utf-8\?([QB])\?([^?]*)\?=/gi, (_, kind: string, content: string) =>
      kind.toUpperCase() === 'B'
        ? Buffer.from(content, 'base64').toString('utf8')
        : quoted(content.replaceAll('_', ' ')),
    );
}
