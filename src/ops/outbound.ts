import {
  type AddressRules,
  isAddressAllowed,
  isAllowListed,
  isLiteral,
  isLocalhost,
  isSpecialName,
  normalHost,
  parseRules,
} from './address-rules.ts';
import { createNames } from './names.ts';
import { remembered } from './remembered.ts';
import type { Resolve } from './shared-lookups.ts';

/** Whom this process may call (invariant 10; requirements G6, G10, §17 SSRF). Made once from `SIGNOFF_OUTBOUND_ALLOW`. */
export interface Outbound {
  /** The allow-list as given. */
  readonly rules: readonly string[];
  /**
   * Why an address may neither be registered nor called, judged by its spelling alone, as a sentence with the way out;
   * undefined when it may. What a name resolves to is judged by `addressesOf`, the connected peer by `allowsAddress`.
   */
  refusal(url: string): string | undefined;
  /** Whether a connection to this address may be made, for this host name where it has one. */
  allowsAddress(ip: string, host?: string): boolean;
  /** The addresses of a host name, all of them checked. Rejects with `OutboundRefused`, or when there is none. */
  readonly addressesOf: Resolve;
}

type Allows = Outbound['allowsAddress'];

/** A name that resolves to an address nobody allowed, or an address that nobody allowed. Nothing was sent. */
export class OutboundRefused extends Error {
  readonly code = 'EOUTBOUND';
}

/** G6. */
const URL_CHARS_MAX = 2000;

/**
 * `allow` are networks and host names (`127.0.0.0/8`, `::1`, `rp.internal`); a bad one throws RangeError.
 * `resolve` is for tests of names that change their mind.
 */
export function createOutbound(options: { allow: readonly string[]; resolve?: Resolve }): Outbound {
  const rules = parseRules(options.allow);
  const resolve = options.resolve ?? createNames();
  // Each delivery asks again what the text alone decides: a twelfth of what it costs. Neither part has a space.
  const judged = remembered((place) => {
    const [ip = '', host] = place.split(' ');
    return isAddressAllowed(rules, ip, host);
  });
  const allows: Allows = (ip, host) => judged(host === undefined ? ip : `${ip} ${host}`);
  return {
    rules: options.allow,
    refusal: remembered((url) => refusal(rules, url)),
    allowsAddress: allows,
    addressesOf: (host, signal) => checkedAddresses({ rules, allows, resolve }, host, signal),
  };
}

function refusal(rules: AddressRules, text: string): string | undefined {
  const malformed = spellingProblem(text);
  if (malformed) return malformed;
  const url = new URL(text);
  const host = normalHost(url.hostname);
  const listed = isAllowListed(rules, host);
  const wayOut = `allow it with SIGNOFF_OUTBOUND_ALLOW if apps of your own network live there`;
  if (isLiteral(host) && !isAddressAllowed(rules, host)) return `${host} is not a public address; ${wayOut}`;
  if (isSpecialName(host) && !listed) return `${host} is a name of this machine or network; ${wayOut}`;
  if (url.protocol === 'http:' && !listed) {
    return `http: sends the token unprotected; use https:, or list ${host} in SIGNOFF_OUTBOUND_ALLOW`;
  }
  return undefined;
}

/** What is wrong with the text itself. Looks at the text, because the parser silently mends what attackers play with. */
function spellingProblem(text: string): string | undefined {
  if (text.length > URL_CHARS_MAX) return `it is longer than ${URL_CHARS_MAX} characters; use a shorter address`;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (/[\u0000-\u0020\u007f\\]/.test(text)) return 'it has spaces, control characters or backslashes; take them out';
  if (!/^https?:\/\/[^/]/i.test(text) || !URL.canParse(text)) return 'it is not an absolute https: address';
  if (text.includes('#')) return 'it has a fragment (#…), which is never sent; take it out';
  if (/^[^:]+:\/\/[^/?]*@/.test(text)) return 'it has a user name or password before an @; take them out';
  return undefined;
}

/** Refuses when *any* answer is not allowed: a name that mixes public and private addresses is an attack or a mistake. */
async function checkedAddresses(
  { rules, allows, resolve }: { readonly rules: AddressRules; readonly allows: Allows; readonly resolve: Resolve },
  host: string,
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  if (isLocalhost(host) && isAllowListed(rules, host)) return ['127.0.0.1', '::1'].filter((ip) => allows(ip, host));
  if (isSpecialName(host) && !isAllowListed(rules, host)) throw refused(host, 'is a name of this machine or network');
  const addresses = await resolve(host, signal);
  const bad = addresses.find((ip) => !allows(ip, host));
  if (bad !== undefined) throw refused(host, `resolves to ${bad}, which is not a public address`);
  return addresses;
}

function refused(host: string, why: string): OutboundRefused {
  return new OutboundRefused(`${host} ${why}; allow it with SIGNOFF_OUTBOUND_ALLOW if that is meant`);
}
