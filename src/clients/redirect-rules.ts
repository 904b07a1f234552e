/** Schemes that run or read something in the browser instead of leading to an app. */
const FORBIDDEN = new Set([
  'javascript:',
  'vbscript:',
  'data:',
  'blob:',
  'file:',
  'about:',
  'filesystem:',
  'view-source:',
]);
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

type Found = [message: string, fix: string] | undefined;

/**
 * Whether a browser may be sent to this address after a sign-in or sign-off, judged once at registration; at run time it
 * is compared character by character (BP1), so nothing here may be a pattern.
 * Web: https, or http on hosts the operator allow-listed (BP12). Native (RFC 8252 §7): a scheme of its own, claimed https,
 * or http on loopback.
 */
export function redirectProblem(
  uri: string,
  type: 'web' | 'native',
  refusal: (url: string) => string | undefined,
): Found {
  return spellingProblem(uri) ?? (type === 'web' ? webProblem(uri, refusal) : nativeProblem(new URL(uri)));
}

function spellingProblem(uri: string): Found {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (/[\u0000-\u0020\u007f\\]/.test(uri)) return ['has spaces, control characters or backslashes', 'take them out'];
  const url = URL.parse(uri);
  if (!url) return ['is not an absolute address', 'write it like https://app.example.org/callback'];
  if (uri.includes('#')) return ['has a fragment (#…) (RFC 6749 §3.1.2)', 'take it out'];
  if (url.username || url.password) return ['has a user name or password before an @', 'take them out'];
  if (uri.includes('*')) return ['has a *; addresses are compared exactly (RFC 9700 §2.1)', 'list each address'];
  if (FORBIDDEN.has(url.protocol)) return [`uses ${url.protocol}, which leads to no app`, 'use https://'];
  return undefined;
}

function webProblem(uri: string, refusal: (url: string) => string | undefined): Found {
  const { protocol, host, hostname } = new URL(uri);
  if (protocol === 'https:')
    return host ? undefined : ['has no host', 'write it like https://app.example.org/callback'];
  if (protocol !== 'http:') return [`uses ${protocol}`, 'use https://, or set application_type: native'];
  if (refusal(uri) === undefined) return undefined;
  // Not the allow-list: it would let this provider call its own machine for the sake of somebody's browser.
  if (LOOPBACK.has(hostname)) {
    return [
      'is http:// on the machine of whoever signs in',
      'set application_type: native, for https addresses beside it too',
    ];
  }
  return [
    'is http://, which anybody on the way can read',
    `use https://, or list ${hostname} in SIGNOFF_OUTBOUND_ALLOW`,
  ];
}

/**
 * Whether whoever is on the device may listen there (RFC 8252 §8.6): a scheme of its own, or loopback. What is sent there
 * reached this device, and nothing more is known. A `redirect_uri` that was registered.
 */
export function isAnybodys(uri: string): boolean {
  const { protocol, hostname } = new URL(uri);
  return protocol === 'http:' ? LOOPBACK.has(hostname) : protocol !== 'https:';
}

function nativeProblem({ protocol, hostname }: URL): Found {
  const isLoopback = LOOPBACK.has(hostname);
  if (protocol === 'http:' && !isLoopback) {
    return ['is http:// on a host that is not loopback', 'use https://, http://127.0.0.1/… or a scheme of its own'];
  }
  return protocol === 'https:' && isLoopback
    ? ['claims https on loopback', 'use http://127.0.0.1/… (RFC 8252 §7.3)']
    : undefined;
}
