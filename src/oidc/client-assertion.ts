/** What `private_key_jwt` must say beyond what the library asks for (RFC 7523 §3; OpenID Connect Core §9). */
import { type Configuration, errors, type KoaContextWithOIDC } from 'oidc-provider';
import type { Clock } from '../ops/clock.ts';

type JudgeAssertion = NonNullable<Configuration['assertJwtClientAuthClaimsAndHeader']>;

/** An assertion that leaked is worth something for so long, and its `jti` is remembered for so long. */
const LIFE_MAX_S = 10 * 60;

/** How far the clock of an app may be ahead of ours. */
const AHEAD_MAX_S = 15;

/**
 * `iat`, at most ten minutes of life, and one audience: this provider, or the very endpoint that is called. One that names
 * others too could be carried on by them.
 */
export function createAssertionJudge(clock: Clock): JudgeAssertion {
  return (ctx, claims) => {
    const wrong = faultOf(claims, ctx, clock.now() / 1000);
    if (wrong !== undefined) throw new errors.InvalidClientAuth(wrong);
  };
}

function faultOf(
  { iat, exp, aud }: Parameters<JudgeAssertion>[1],
  { oidc }: KoaContextWithOIDC,
  now: number,
): string | undefined {
  if (typeof iat !== 'number') return 'client_assertion has no iat';
  if (iat > now + AHEAD_MAX_S) return 'client_assertion was made in the future; check the clock of the app';
  if (typeof exp !== 'number' || exp - iat > LIFE_MAX_S) return 'client_assertion lives longer than ten minutes';
  const [audience, ...others] = Array.isArray(aud) ? aud : [aud];
  const isOurs = audience === oidc.issuer || audience === oidc.urlFor(oidc.route);
  return isOurs && others.length === 0 ? undefined : 'client_assertion must be for the issuer or this endpoint alone';
}
