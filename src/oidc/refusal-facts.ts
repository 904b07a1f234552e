import type { Facts } from '../ops/log.ts';

const CLIENT_ID_CHARS_MAX = 100;
const ADDRESS_CHARS_MAX = 200;

/** A client id as it was sent: a misspelt one is found by reading it. */
export function clientIdFact(sent: unknown): string | undefined {
  return typeof sent === 'string' ? sent.slice(0, CLIENT_ID_CHARS_MAX) : undefined;
}

/** An address that an app asked to go to and did not register, beside the registered one it most likely means. */
export function addressFacts(asked: unknown, registered: readonly string[] = []): Facts {
  if (typeof asked !== 'string') return {};
  const near = registered.find((one) => originOf(one) === originOf(asked)) ?? registered[0];
  return { asked_uri: withoutQuery(asked), registered_uri: near === undefined ? undefined : withoutQuery(near) };
}

/** A query or fragment may hold what opens something, and so may a user name before the host. */
function withoutQuery(address: string): string {
  const [path = ''] = address.slice(0, ADDRESS_CHARS_MAX).split(/[?#]/, 1);
  return path.replace(/\/\/[^/]*@/, '//');
}

function originOf(address: string): string | undefined {
  return URL.parse(address)?.origin;
}
