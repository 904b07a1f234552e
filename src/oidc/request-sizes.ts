import { errors, type KoaContextWithOIDC } from 'oidc-provider';

/** A request is kept for an hour while somebody signs in, whoever sent it; apps put a few hundred bytes into each of these. */
const PARAMETER_BYTES_MAX = 2_048;
const ALL_BYTES_MAX = 8_192;

/** Ours, and verified by now: what we issue we take. */
const NOT_COUNTED: ReadonlySet<string> = new Set(['id_token_hint']);

/** Refuses an authorization request that is too large to be kept: `state`, `nonce`, `claims` and whatever else it carries. */
export function refuseOversized({ oidc }: KoaContextWithOIDC): void {
  let all = 0;
  for (const [name, value] of Object.entries(oidc.params ?? {})) {
    if (typeof value !== 'string' || NOT_COUNTED.has(name)) continue;
    const bytes = Buffer.byteLength(value);
    if (bytes > PARAMETER_BYTES_MAX) {
      throw new errors.InvalidRequest(`${name} is longer than ${PARAMETER_BYTES_MAX} bytes`);
    }
    all += bytes;
  }
  if (all > ALL_BYTES_MAX) throw new errors.InvalidRequest(`the request is larger than ${ALL_BYTES_MAX} bytes`);
}
