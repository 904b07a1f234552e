import type { CryptoBox } from '../ops/crypto-box.ts';
import { limitKeyOf } from '../ops/network.ts';

/**
 * What a session keeps of the address it was signed in from: enough to find the sessions of an address that somebody
 * names, and nothing that tells one. Of IPv6 it is the /64, since everybody there owns one whole.
 */
export function addressKeyOf(box: Pick<CryptoBox, 'digest'>, address: string): string {
  return box.digest(`address ${limitKeyOf(address)}`);
}
