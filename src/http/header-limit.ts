import type { Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { DEFAULT_LANGUAGE, type Language, languageAmong } from '../words/language.ts';
import type { Renderer } from './render.ts';

/**
 * Answers requests that Node gives up on before any middleware runs: headers beyond 16 KB (a sign-off with a giant hint) get
 * a 431 page with a way out, what is no HTTP a bare 400. Without this listener the browser would show an empty page.
 */
export function answerUnreadableRequests(server: Pick<Server, 'on'>, renderer: Pick<Renderer, 'html' | 'csp'>): void {
  const csp = renderer.csp('headers-too-large', {});
  const tooLarge = (language: Language) =>
    rawAnswer('431 Request Header Fields Too Large', renderer.html('headers-too-large', {}, language), csp);
  server.on('clientError', (error: UnreadableError, socket: Duplex) => {
    if (error.code === 'ECONNRESET' || !socket.writable) socket.destroy();
    else if (error.code === 'HPE_HEADER_OVERFLOW') end(socket, tooLarge(languageIn(error.rawPacket)));
    else if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') end(socket, rawAnswer('408 Request Timeout'));
    else end(socket, rawAnswer('400 Bad Request'));
  });
}

interface UnreadableError extends NodeJS.ErrnoException {
  /** What came with the last packet. */
  readonly rawPacket?: Buffer;
}

/** Nobody took the headers apart, so this looks for the one that it needs; it may have come in an earlier packet. */
function languageIn(packet: Buffer | undefined): Language {
  const [, header] = /\naccept-language:([^\r\n]*)/iu.exec(packet?.toString('latin1') ?? '') ?? [];
  return languageAmong(header?.replace(/[,;]\s*/gu, ' ').trim()) ?? DEFAULT_LANGUAGE;
}

/** How long the rest of an oversized request is read and thrown away, so that a reset does not swallow the answer. */
const LINGER_MS = 1_000;

function end(socket: Duplex, answer: string): void {
  socket.end(answer);
  socket.resume();
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}

function rawAnswer(status: string, html = '', csp = "default-src 'none'"): string {
  const headers = [
    `HTTP/1.1 ${status}`,
    'Connection: close',
    'Cache-Control: no-store',
    'X-Content-Type-Options: nosniff',
    'X-Frame-Options: DENY',
    'Referrer-Policy: no-referrer',
    `Content-Security-Policy: ${csp}`,
    ...(html ? ['Content-Type: text/html; charset=utf-8'] : []),
    `Content-Length: ${Buffer.byteLength(html)}`,
  ];
  return `${headers.join('\r\n')}\r\n\r\n${html}`;
}
