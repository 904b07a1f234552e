/** How a mail leaves us: to a mail server, or into a folder for people who try things out. */
import { mkdir, rename, writeFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import type { Outbound } from '../ops/outbound.ts';
import { connect, STEP_LIMITS } from '../ops/outbound-connect.ts';
import { createSecureContexts } from '../ops/trust.ts';

/** A mail, ready to go. */
export interface Message {
  readonly id: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly language: string;
}

export interface Carrier {
  /** Resolves when somebody else has it. Rejects with what went wrong; `isRefusal` says whether trying again is of any use. */
  carry(message: Message, signal: AbortSignal): Promise<void>;
}

interface Sender {
  /** `SIGNOFF_MAIL_FROM`. */
  readonly from: string;
  /** The host of the issuer: what mails are named after. */
  readonly host: string;
}

/** Nothing in a mail may make this process read a file or an address. */
const CLOSED = { disableFileAccess: true, disableUrlAccess: true } as const;
/** Loaded with the first mail: a product that sends none need not hold it. */
const loadMailer = () => import('nodemailer');
const GREETING_MS = 10_000;
const SILENCE_MS = 30_000;

/**
 * Through the mail server at `url`. Its host is one that the operator named, so that it may be private; its certificate is
 * always checked. `mayBePlain`: without TLS where the server offers none.
 */
export function createSmtpCarrier(
  sender: Sender,
  parts: {
    readonly url: string;
    readonly outbound: Outbound;
    readonly ca: string | undefined;
    readonly mayBePlain: boolean;
  },
): Carrier {
  const { hostname, port, protocol, username, password } = new URL(parts.url);
  const host = hostname.replace(/^\[|\]$/g, '');
  const secure = protocol === 'smtps:';
  const place = { host, port: Number(port || (secure ? 465 : 587)) };
  const auth = username === '' ? {} : { auth: { user: decoded(username), pass: decoded(password) } };
  const secureContext = createSecureContexts(parts.ca).of({});
  return {
    async carry(message, signal) {
      const target = { ...place, tls: undefined, name: host, signal };
      const { createTransport } = await loadMailer();
      const transport = createTransport({
        ...CLOSED,
        ...place,
        ...auth,
        secure,
        requireTLS: !secure && !parts.mayBePlain,
        tls: { secureContext, servername: host },
        greetingTimeout: GREETING_MS,
        socketTimeout: SILENCE_MS,
        getSocket: (_: unknown, callback: GetSocketCallback) => {
          const connecting = { outbound: parts.outbound, sessions: NO_SESSIONS, limits: STEP_LIMITS, proxy: undefined };
          connect(target, connecting).then((connection) => callback(null, { connection }), callback);
        },
      });
      try {
        await transport.sendMail({ ...headersOf(message, sender), signal });
      } finally {
        transport.close();
      }
    },
  };
}

type GetSocketCallback = (error: Error | null, socket?: { readonly connection: Socket }) => void;

/** Mails are rare, and each has a connection of its own. */
const NO_SESSIONS = { get: () => undefined, keep: () => undefined, forget: () => undefined };

/** Into `folder`, one `.eml` file a mail, oldest name first. Only their owner may read them: they hold links. */
export function createFolderCarrier(sender: Sender, folder: string): Carrier {
  return {
    async carry(message) {
      const { createTransport } = await loadMailer();
      const transport = createTransport({ ...CLOSED, streamTransport: true, buffer: true, newline: 'windows' });
      const { message: bytes } = await transport.sendMail(headersOf(message, sender));
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const name = `${new Date().toISOString().replace(/[:.]/g, '-')}-${message.id}.eml`;
      const unfinished = join(folder, `.${name}.part`);
      await writeFile(unfinished, bytes as Buffer, { mode: 0o600 });
      await rename(unfinished, join(folder, name));
    },
  };
}

/** Where there is no way to send mails, those that another process planned are given up in their time, and say why. */
export const NO_CARRIER: Carrier = {
  carry: () => Promise.reject(new Error('this process has no mail server; set SIGNOFF_SMTP')),
};

/** Automatic, so that nobody's holiday notice answers it (RFC 3834 §5). The id stays the same if it is sent again. */
function headersOf({ id, to, subject, text, html, language }: Message, { from, host }: Sender) {
  return {
    from,
    to: { name: '', address: to },
    subject,
    text,
    html,
    messageId: `<${id}@${host}>`,
    headers: {
      'Auto-Submitted': 'auto-generated',
      'X-Auto-Response-Suppress': 'All',
      'Content-Language': language,
    },
  };
}

/** Whether the server said that this mailbox will never take it (RFC 5321 §4.2.1). */
export function isRefusal(error: unknown): boolean {
  const { code, responseCode } = error as { readonly code?: unknown; readonly responseCode?: unknown };
  return code === 'EENVELOPE' && typeof responseCode === 'number' && responseCode >= 500;
}

function decoded(text: string): string {
  return decodeURIComponent(text);
}
