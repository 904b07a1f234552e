import { z } from 'zod';
import { suggestion } from '../ops/did-you-mean.ts';
import type { Claims } from './account.ts';

const text = z.string().min(1).max(1_000);
const webAddress = z.url({ protocol: /^https?$/, error: 'must be an address like https://example.org/me' }).max(2_000);

/** Every standard claim about a person (OpenID Connect Core §5.1). `sub` is the account's id and no claim of its own. */
const standardClaims = z.object({
  name: text,
  given_name: text,
  family_name: text,
  middle_name: text,
  nickname: text,
  preferred_username: text,
  profile: webAddress,
  picture: webAddress,
  website: webAddress,
  email: z.email({ error: 'must be an e-mail address' }).max(320),
  email_verified: z.boolean({ error: 'must be true or false' }),
  gender: text,
  birthdate: z
    .string()
    .regex(/^(\d{4}|\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01]))$/, 'must be YYYY-MM-DD, 0000-MM-DD or YYYY'),
  zoneinfo: z.string().refine(isTimeZone, 'must be a time zone like Europe/Berlin'),
  locale: z.string().refine(isLocale, 'must be a language tag like en-GB'),
  phone_number: z
    .string()
    .regex(/^\+[0-9][0-9 ().-]{3,30}(;ext=\d{1,10})?$/, 'must begin with + and the country, like +49 30 1234567'),
  phone_number_verified: z.boolean({ error: 'must be true or false' }),
  address: z.strictObject({
    formatted: text.optional(),
    street_address: text.optional(),
    locality: text.optional(),
    region: text.optional(),
    postal_code: text.optional(),
    country: text.optional(),
  }),
  updated_at: z.int({ error: 'must be seconds since 1970' }).min(0),
});

const SHAPES: Readonly<Record<string, z.ZodType>> = standardClaims.shape;

export const STANDARD_CLAIMS: readonly string[] = Object.keys(SHAPES);

/** How large all claims of one account may be, as JSON. */
const CLAIMS_BYTES_MAX = 16_384;

export type ReadClaims =
  | { readonly ok: true; readonly claims: Claims }
  | { readonly ok: false; readonly problems: readonly string[] };

/**
 * Checks claims of an account. Besides the standard ones only those may be set that some scope of `signoff.yaml` carries
 * (`extraNames`): any other would never reach an app, and is most likely misspelt.
 */
export function readClaims(input: Readonly<Record<string, unknown>>, extraNames: readonly string[]): ReadClaims {
  const problems = Object.entries(input).flatMap(([name, value]) => problemsOf(name, value, extraNames));
  if (JSON.stringify(input).length > CLAIMS_BYTES_MAX) problems.push('the claims are larger than 16 KB all together');
  return problems.length > 0 ? { ok: false, problems } : { ok: true, claims: input };
}

function problemsOf(name: string, value: unknown, extraNames: readonly string[]): string[] {
  const shape = Object.hasOwn(SHAPES, name) ? SHAPES[name] : undefined;
  if (shape) {
    const parsed = shape.safeParse(value);
    return parsed.success
      ? []
      : parsed.error.issues.map((issue) => `${[name, ...issue.path].join('.')} ${issue.message}`);
  }
  if (extraNames.includes(name)) return value === null ? [`${name} is empty`] : [];
  const near = suggestion(name, [...STANDARD_CLAIMS, ...extraNames]);
  return [`${name} is not a claim that any scope carries.${near || ' Add it to scopes in signoff.yaml.'}`];
}

/**
 * One `name=value` of a command line put into claims: `address.locality=Berlin` reaches into the address, true, false,
 * numbers and JSON are what they look like where the claim is not text. Undefined when there is no `=`.
 */
export function withClaimText(claims: Claims, assignment: string): Claims | undefined {
  const cut = assignment.indexOf('=');
  if (cut < 1) return undefined;
  const [name = '', part] = assignment.slice(0, cut).split('.', 2);
  const value = assignment.slice(cut + 1);
  if (part === undefined) return { ...claims, [name]: fromText(name, value) };
  const old = claims[name];
  return { ...claims, [name]: { ...(typeof old === 'object' ? old : {}), [part]: value } };
}

function fromText(name: string, value: string): unknown {
  const shape = Object.hasOwn(SHAPES, name) ? SHAPES[name] : undefined;
  if (shape?.safeParse(value).success) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) !== undefined;
  } catch {
    return false;
  }
}

function isLocale(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag.replace('_', '-')).length === 1;
  } catch {
    return false;
  }
}
