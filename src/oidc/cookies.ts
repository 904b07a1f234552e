/** Names of the browser cookies that carry a sign-in. Cookies know no ports, so they must not be called just "session". */
export interface CookieNames {
  readonly session: string;
  readonly interaction: string;
  readonly resume: string;
}

const PLAIN: CookieNames = { session: 'signoff', interaction: 'signoff_interaction', resume: 'signoff_resume' };
const SECURE: CookieNames = {
  session: '__Host-signoff',
  interaction: '__Secure-signoff_interaction',
  resume: '__Secure-signoff_resume',
};

/**
 * Over https the browser itself refuses to let another host or plain http set them (RFC 6265bis §4.1.3; W1). The two short
 * ones have a path of their own, which `__Host-` forbids.
 */
export function cookieNames(issuer: string): CookieNames {
  return issuer.startsWith('https:') ? SECURE : PLAIN;
}

/** Every name a session may have had under this issuer: the present one, and the one from before it was https. */
export function sessionCookieNames(issuer: string): readonly string[] {
  return issuer.startsWith('https:') ? [SECURE.session, PLAIN.session] : [PLAIN.session];
}
