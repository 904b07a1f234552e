/** Names of the browser cookies that carry a sign-in. */
export interface CookieNames {
  readonly session: string;
  /** The name a browser has with us. */
  readonly device: string;
  /** Before the id of an interaction that began before the browser had a name. */
  readonly begun: string;
  /** Proves that a form comes from a page of ours. */
  readonly csrf: string;
}

const SECURE: CookieNames = {
  session: '__Host-signoff',
  device: '__Host-device',
  begun: '__Host-signoff_begun_',
  csrf: '__Host-csrf',
};

/**
 * Over https the browser itself refuses to let another host or plain http set them (RFC 6265bis §4.1.3; W1). Cookies know
 * no ports, so over http, where several providers share `localhost`, the names do: each would take the other's session for
 * a stale one of its own.
 */
export function cookieNames(issuer: string): CookieNames {
  const { protocol, port } = new URL(issuer);
  return protocol === 'https:' ? SECURE : plainNames(port);
}

/** Every name a session may have had under this issuer: the present one, and the one from before it was https. */
export function sessionCookieNames(issuer: string): readonly string[] {
  const { session } = cookieNames(issuer);
  return session === SECURE.session ? [session, plainNames('').session] : [session];
}

/** `port` is empty for port 80. */
function plainNames(port: string): CookieNames {
  const at = port && `_${port}`;
  return { session: `signoff${at}`, device: `device${at}`, begun: `signoff_begun${at}_`, csrf: `csrf${at}` };
}
