/** Names of the browser cookies that carry a sign-in. Cookies know no ports, so they must not be called just "session". */
export interface CookieNames {
  readonly session: string;
  /** The name a browser has with us. */
  readonly device: string;
  /** Before the id of an interaction that began before the browser had a name. */
  readonly begun: string;
}

const PLAIN: CookieNames = { session: 'signoff', device: 'device', begun: 'signoff_begun_' };
const SECURE: CookieNames = {
  session: '__Host-signoff',
  device: '__Host-device',
  begun: '__Host-signoff_begun_',
};

/** Over https the browser itself refuses to let another host or plain http set them (RFC 6265bis §4.1.3; W1). */
export function cookieNames(issuer: string): CookieNames {
  return issuer.startsWith('https:') ? SECURE : PLAIN;
}

/** Every name a session may have had under this issuer: the present one, and the one from before it was https. */
export function sessionCookieNames(issuer: string): readonly string[] {
  return issuer.startsWith('https:') ? [SECURE.session, PLAIN.session] : [PLAIN.session];
}
