import { type Client, canBeTold } from './client-file.ts';

/** 32 characters of base64url are 192 bits; what people make up themselves is shorter, and can be guessed. */
const SECRET_CHARS_GOOD = 32;

/** What works, but should not stay so; sentences without a full stop, never a value. */
export function clientWarnings(client: Client): readonly string[] {
  const untold = canBeTold(client) ? [] : ['no backchannel_logout_uri: people stay signed in there'];
  return [...untold, ...secretWarnings(client)];
}

/** Those that start says too. */
export function secretWarnings({ client_secret: secret }: Client): readonly string[] {
  if (secret === undefined) return [];
  const isShort = secret.length < SECRET_CHARS_GOOD;
  const short = `client_secret is shorter than ${SECRET_CHARS_GOOD} characters: make one with "signoff clients secret"`;
  const blank = 'client_secret begins or ends with a blank: take it out, unless the app sends it too';
  return [...(isShort ? [short] : []), ...(secret.trim() === secret ? [] : [blank])];
}
