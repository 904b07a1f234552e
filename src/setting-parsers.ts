import { accessSync, constants, readFileSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import type { SignInLimit } from './accounts/sign-in-brake.ts';
import { ruleProblem } from './ops/address-rules.ts';
import { suggestion } from './ops/did-you-mean.ts';
import { parseDuration } from './ops/duration.ts';
import type { Rate } from './ops/limiter.ts';
import { isNetwork } from './ops/network.ts';
import { certificatesProblem } from './ops/pem.ts';

/** What becomes of the text of one setting. A problem is a clause that follows the setting's name: "must be …". */
export type Parsed<T> = { readonly value: T } | { readonly problem: string };

/** What a parser may know besides the text. */
export interface Surroundings {
  /** Where relative paths begin. */
  readonly cwd: string;
  readonly production: boolean;
}

export type Parse<T> = (text: string, surroundings: Surroundings) => Parsed<T>;

/** Where the records live. */
export type StoreAddress =
  | { readonly kind: 'sqlite'; readonly path: string }
  | { readonly kind: 'mongodb'; readonly url: string };

const ok = <T>(value: T): Parsed<T> => ({ value });
const bad = (problem: string): { readonly problem: string } => ({ problem });

export const parseText: Parse<string> = (text) =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  /[\u0000-\u001f\u007f]/.test(text) ? bad('must not contain control characters') : ok(text);

export const parsePort: Parse<number> = (text) => {
  const port = Number(text);
  return /^\d+$/.test(text) && port >= 1 && port <= 65_535 ? ok(port) : bad('must be a port between 1 and 65535');
};

/** `off` is undefined. */
export const parsePortOrOff: Parse<number | undefined> = (text, surroundings) =>
  text === 'off' ? ok(undefined) : parsePort(text, surroundings);

export const parsePath: Parse<string> = (text, { cwd }) => ok(isAbsolute(text) ? text : resolve(cwd, text));

/** A file that can be read. */
export const parseFile: Parse<string> = (text, { cwd }) => {
  const path = resolve(cwd, text);
  try {
    accessSync(path, constants.R_OK);
    return ok(path);
  } catch (error) {
    return bad(`names a file that cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
};

/** A file of PEM certificates; read at once, because a wrong one would only show at apps that are never told. */
export const parseCertificates: Parse<string> = (text, { cwd }) => {
  const path = resolve(cwd, text);
  try {
    const problem = certificatesProblem(readFileSync(path, 'utf8'));
    return problem === undefined ? ok(path) : bad(problem);
  } catch (error) {
    return bad(`names a file that cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
};

/** A duration of at least `leastMs` and at most `mostMs`. */
export function duration(leastMs: number, mostMs: number): Parse<number> {
  return (text) => {
    const ms = parseDuration(text);
    if (ms === undefined) return bad('must be a duration like 500ms, 2s, 15m, 12h or 30d');
    if (ms < leastMs) return bad(leastMs === 1 ? 'must be longer than nothing' : `must be at least ${leastMs} ms`);
    return ms > mostMs ? bad(`must be at most ${mostMs} ms`) : ok(ms);
  };
}

/** `off` is undefined. */
export function durationOrOff(leastMs: number, mostMs: number): Parse<number | undefined> {
  const parse = duration(leastMs, mostMs);
  return (text, surroundings) => (text === 'off' ? ok(undefined) : parse(text, surroundings));
}

/** Digits only, within these bounds. */
export function wholeNumber(least: number, most: number): Parse<number> {
  return (text) => {
    const number = Number(text);
    const good = /^\d{1,9}$/.test(text) && number >= least && number <= most;
    return good ? ok(number) : bad(`must be a whole number from ${least} to ${most}`);
  };
}

/** `off` (undefined), or a whole number within these bounds. */
export function numberOrOff(least: number, most: number): Parse<number | undefined> {
  const parse = wholeNumber(least, most);
  return (text, surroundings) => {
    if (text === 'off') return ok(undefined);
    const parsed = parse(text, surroundings);
    return 'problem' in parsed ? bad(`${parsed.problem}, or off`) : parsed;
  };
}

/** `smtp://[USER:PASSWORD@]HOST[:PORT]`, or `smtps://…` for TLS from the first byte. */
export const parseSmtp: Parse<string> = (text) => {
  const url = URL.parse(text.trim());
  const host = url?.hostname.replace(/^\[|\]$/g, '') ?? '';
  const good = url && ['smtp:', 'smtps:'].includes(url.protocol) && ruleProblem(host) === undefined;
  if (!good) return bad('must be like smtp://user:password@mail.example.org:587, or smtps://…');
  return /^\/?$/.test(url.pathname + url.search + url.hash) ? ok(url.href) : bad('must end with the port');
};

/** A file that holds such an address, so that the password is in no environment. */
export const parseSmtpFile: Parse<string> = (text, surroundings) => {
  const path = resolve(surroundings.cwd, text);
  try {
    const read = parseSmtp(readFileSync(path, 'utf8'), surroundings);
    return 'problem' in read ? bad(`names a file whose content ${read.problem}`) : read;
  } catch (error) {
    return bad(`names a file that cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
};

/** `Name <address>`, or the address alone. */
export const parseMailFrom: Parse<string> = (text) =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  /^(?:[^<>\u0000-\u001f\u007f]*<[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)$/.test(text.trim())
    ? ok(text.trim())
    : bad('must be like Signoff <no-reply@id.example.org>');

/** Some of these words, separated by commas; `off` for none. */
export function someOf<const T extends string>(...words: readonly T[]): Parse<readonly T[]> {
  return (text) => {
    const given = text === 'off' ? [] : listOf(text);
    const known = words.filter((word) => given.includes(word));
    const unknown = given.find((word) => !(words as readonly string[]).includes(word));
    return unknown === undefined ? ok(known) : bad(`knows no ${unknown}.${suggestion(unknown, words)}`);
  };
}

/** Several durations, separated by commas. */
export const parseDurations: Parse<readonly number[]> = (text) => {
  const all = listOf(text).map(parseDuration);
  const known = all.filter((ms) => ms !== undefined);
  return known.length === all.length && known.length <= 10
    ? ok(known)
    : bad('must be up to ten durations separated by commas, like 10s,1m,5m');
};

export function oneOf<const T extends string>(...words: readonly T[]): Parse<T> {
  return (text) => {
    const word = words.find((one) => one === text);
    return word ? ok(word) : bad(`must be one of ${words.join(', ')}.${suggestion(text, words)}`);
  };
}

/**
 * The issuer as it stands in every token: an origin, because discovery lives at the root of its host and because apps
 * compare it character by character (Discovery 1.0 §4.3).
 */
export const parseIssuer: Parse<string> = (text, { production }) => {
  const url = URL.parse(text);
  if (!url || !['https:', 'http:'].includes(url.protocol)) return bad('must be an address like https://id.example.org');
  if (production && url.protocol !== 'https:') return bad('must begin with https:// in production');
  if (url.origin === text) return ok(text);
  if (url.username || url.search || url.hash || url.pathname !== '/') {
    return bad(`must be scheme and host only, like ${url.origin}`);
  }
  return bad(`must be written ${url.origin} (lower case, no slash at the end, no default port)`);
};

/** `sqlite:FILE` or a MongoDB address. */
export const parseStore: Parse<StoreAddress> = (text, { cwd }) => {
  if (text.startsWith('sqlite:') && text.length > 'sqlite:'.length) {
    const file = text.slice('sqlite:'.length);
    if (file.startsWith(':memory:'))
      return bad('must be a file: the delivery thread could not see a database in memory');
    return ok({ kind: 'sqlite', path: resolve(cwd, file) });
  }
  if (/^mongodb(\+srv)?:\/\/./.test(text)) return ok({ kind: 'mongodb', url: text });
  return bad('must be sqlite:FILE or mongodb://HOST/DATABASE?replicaSet=NAME');
};

/** 32 bytes in base64 (either alphabet), kept as text. */
export const parseKey: Parse<string> = (text) =>
  /^[A-Za-z0-9+/_-]{43}=?$/.test(text.trim()) && Buffer.from(text.trim(), 'base64').length === 32
    ? ok(text.trim())
    : bad('must be 32 bytes in base64; make one with: openssl rand -base64 32');

/** Networks and host names that may be called although private. */
export const parseOutboundAllow: Parse<readonly string[]> = (text) => {
  const entries = listOf(text);
  const problem = entries.map(ruleProblem).find((one) => one !== undefined);
  return problem === undefined ? ok(entries) : bad(`has a mistake: ${problem}`);
};

/** The address of a proxy, kept as text; a mistake in it is not repeated, because it may hold a password. */
export const parseOutboundProxy: Parse<string> = (text) => {
  const url = URL.parse(text);
  const isOrigin = url !== null && ['http:', 'https:'].includes(url.protocol) && url.pathname === '/';
  if (!isOrigin || url.search || url.hash) return bad('must be an address like http://proxy.example.org:3128');
  return isDecodable(url.username) && isDecodable(url.password)
    ? ok(text)
    : bad('has a % in its user name or password that is not written %25');
};

function isDecodable(text: string): boolean {
  try {
    return decodeURIComponent(text) !== undefined;
  } catch {
    return false;
  }
}

/** `off`, or the networks of the proxies in front. */
export const parseProxy: Parse<readonly string[]> = (text) => {
  if (text === 'off') return ok([]);
  const entries = listOf(text);
  const odd = entries.find((one) => !isNetwork(one));
  if (entries.length > 0 && odd === undefined) return ok(entries);
  return bad(`must be off or networks separated by commas, like 10.0.0.0/8${odd ? ` ("${odd}" is none)` : ''}`);
};

/** `off` (undefined), or tries per window: `10/15m`. */
export const parseSignInLimit: Parse<SignInLimit | undefined> = (text) => {
  const found = perWindow(text);
  if (found === 'unreadable') return bad('must be off or tries per window, like 10/15m');
  return ok(found && { tries: found.count, windowMs: found.windowMs });
};

/** `off` (undefined), or requests per window: `600/1m` is 600 at once, and then ten a second. */
export const parseRequestLimit: Parse<Rate | undefined> = (text) => {
  const found = perWindow(text);
  if (found === 'unreadable') return bad('must be off or requests per window, like 600/1m');
  return ok(found && { burst: found.count, perSecond: (found.count * 1_000) / found.windowMs });
};

function perWindow(text: string): { readonly count: number; readonly windowMs: number } | undefined | 'unreadable' {
  if (text === 'off') return undefined;
  const [count = '', window = '', more] = text.split('/');
  const windowMs = parseDuration(window);
  const good = more === undefined && /^[1-9]\d{0,5}$/.test(count) && windowMs !== undefined && windowMs > 0;
  return good ? { count: Number(count), windowMs } : 'unreadable';
}

/** A link in the foot of pages. */
export function link(...protocols: readonly string[]): Parse<string> {
  return (text) => {
    const url = URL.parse(text);
    return url && protocols.includes(url.protocol)
      ? ok(text)
      : bad(`must be an address that begins with ${protocols[0]}`);
  };
}

function listOf(text: string): string[] {
  return text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
}
