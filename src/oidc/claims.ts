/** Scopes and the claims they carry (Core §5.4), with those that `signoff.yaml` adds. */
import type { ExtraScopes } from '../extra-scopes.ts';

const STANDARD: ExtraScopes = {
  profile: [
    'name',
    'family_name',
    'given_name',
    'middle_name',
    'nickname',
    'preferred_username',
    'profile',
    'picture',
    'website',
    'gender',
    'birthdate',
    'zoneinfo',
    'locale',
    'updated_at',
  ],
  email: ['email', 'email_verified'],
  address: ['address'],
  phone: ['phone_number', 'phone_number_verified'],
};

/** About the sign-in itself: in every ID token, so that apps need not ask. */
const ABOUT_SIGN_IN = ['sub', 'acr', 'amr', 'auth_time'];

/** Scope → claims, as the provider wants it. */
export function claimsByScope(extra: ExtraScopes): Record<string, string[]> {
  const all = Object.entries({ ...STANDARD, ...extra }).map(([scope, claims]) => [scope, [...claims]]);
  return { openid: ABOUT_SIGN_IN, ...Object.fromEntries(all) };
}

/** The scopes that carry these claims: what a person is asked about when an app asks for single claims (Core §5.5). */
export function scopesOfClaims(claims: Iterable<string>, extra: ExtraScopes): ReadonlySet<string> {
  const wanted = new Set(claims);
  const carriers = Object.entries({ ...STANDARD, ...extra }).filter(([, carried]) =>
    carried.some((one) => wanted.has(one)),
  );
  return new Set(carriers.map(([scope]) => scope));
}
