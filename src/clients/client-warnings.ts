import { canBeTold } from './can-be-told.ts';
import type { Client } from './client-file.ts';

/** 32 characters of base64url are 192 bits; what people make up themselves is shorter, and can be guessed. */
const SECRET_CHARS_GOOD = 32;

/** Scope name → its claims, as the operator added them. */
type OwnScopes = Readonly<Record<string, readonly string[]>>;

/** What works, but should not stay so; sentences without a full stop, never a value. */
export function clientWarnings(client: Client, scopes: OwnScopes): readonly string[] {
  const untold = canBeTold(client) ? [] : ['no backchannel_logout_uri: people stay signed in there'];
  return [...untold, ...secretWarnings(client), ...listWarnings(client, scopes)];
}

/** Claims of the operator's own scopes that the app may ask for: of the standard ones none is a list (Core §5.4). */
function listWarnings({ id_token_claims: inIdToken, scope }: Client, scopes: OwnScopes): readonly string[] {
  const asked = scope?.split(' ');
  const own = Object.entries(scopes).filter(([name]) => asked === undefined || asked.includes(name));
  const claims = [...new Set(own.flatMap(([, carried]) => carried))];
  return inIdToken && claims.length > 0
    ? [`id_token_claims puts ${claims.join(', ')} into ID tokens: where these are long lists, sign people out by POST`]
    : [];
}

/** Those that start says too. */
export function secretWarnings({ client_secret: secret }: Client): readonly string[] {
  if (secret === undefined) return [];
  const isShort = secret.length < SECRET_CHARS_GOOD;
  const short = `client_secret is shorter than ${SECRET_CHARS_GOOD} characters: make one with "signoff clients secret"`;
  const blank = 'client_secret begins or ends with a blank: take it out, unless the app sends it too';
  return [...(isShort ? [short] : []), ...(secret.trim() === secret ? [] : [blank])];
}
