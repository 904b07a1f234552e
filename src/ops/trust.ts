/** Whom we believe that a server is the one it says it is: the usual authorities, or an app's own, and pinned keys. */
import { createHash } from 'node:crypto';
import tls, { type SecureContext, type TLSSocket } from 'node:tls';

/** What is believed for one app in place of the usual. */
export interface Trust {
  /** PEM of the only authorities that count; undefined: the usual ones and those of `SIGNOFF_OUTBOUND_CA`. */
  readonly authorities?: string | undefined;
  /** Keys of which the server must have one, as `sha256/` and the base64 of the SHA-256 of its SPKI; none: any key. */
  readonly pins?: readonly string[] | undefined;
}

export interface SecureContexts {
  /** Made once for each set of authorities: making one of the usual ones reads 150 root certificates. */
  of(trust: Trust): SecureContext;
}

/** Apps with an authority of their own are few; a context of one certificate is made in a fraction of a millisecond. */
const CONTEXTS_MAX = 128;

/** `extra`: PEM of authorities in addition to the usual ones. */
export function createSecureContexts(extra: string | undefined): SecureContexts {
  const usual = makeContext(extra === undefined ? undefined : [...tls.getCACertificates('default'), extra]);
  const own = new Map<string, SecureContext>();
  return {
    of({ authorities }) {
      if (authorities === undefined) return usual;
      const context = own.get(authorities) ?? makeContext([authorities]);
      own.delete(authorities);
      own.set(authorities, context);
      const [oldest] = own.keys();
      if (own.size > CONTEXTS_MAX && oldest !== undefined) own.delete(oldest);
      return context;
    },
  };
}

/** Whoever puts only the issuing authority into a file means that one: the chain need not go on to a root. */
function makeContext(ca: string[] | undefined): SecureContext {
  return tls.createSecureContext(ca ? { ca, allowPartialTrustChain: true } : {});
}

/** Sockets and TLS sessions of one trust are never used for another: `trustKey` is part of their name. */
export function trustKey({ authorities, pins }: Trust): string {
  if (authorities === undefined && !pins?.length) return '';
  return createHash('sha256')
    .update(JSON.stringify([authorities, pins]))
    .digest('base64');
}

/** What stands for a certificate's key in `pins`. */
function pinOf(spki: Buffer): string {
  return `sha256/${createHash('sha256').update(spki).digest('base64')}`;
}

/**
 * The server's key, where pins are set and it is none of them, as a pin; undefined where all is well. A resumed session
 * shows no key: it is one of the same trust, whose key was looked at.
 */
export function unpinnedKey(socket: TLSSocket, { pins }: Trust): string | undefined {
  if (!pins?.length || socket.isSessionReused()) return undefined;
  const key = socket.getPeerX509Certificate()?.publicKey;
  const pin = key === undefined ? 'no key' : pinOf(key.export({ type: 'spki', format: 'der' }));
  return pins.includes(pin) ? undefined : pin;
}
