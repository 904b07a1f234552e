/** Small words and safe values for the templates: pure, English, and the last gate for text from outside. */

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

// Control characters break terminals and parsers; format characters (bidi, zero width) can make one name look like another
// (CVE-2021-42574); U+2028/9 end lines where nobody expects it. The two joiners stay: scripts and emoji need them.
const INVISIBLE = /(?![\t\n\r\u200c\u200d])[\p{Cc}\p{Cf}\u2028\u2029]/gu;

const NAME_MAX = 80;

/** Escapes for html and drops what people cannot see: the escape function of every `<%= %>`. */
export function escapeText(value: unknown): string {
  return escapeExact(String(value ?? '').replace(INVISIBLE, ''));
}

/** Escapes for a quoted attribute and keeps every character: values that a form must send back as they came. */
export function escapeExact(value: unknown): string {
  return String(value ?? '').replace(/[&<>"']/g, (character) => ENTITIES[character] as string);
}

/** A name of sane length: 80 characters, then an ellipsis. */
export function short(value: string): string {
  const text = value.replace(INVISIBLE, '').replace(/\s+/gu, ' ').trim();
  if (text.length <= NAME_MAX) return text;
  return `${[...text].slice(0, NAME_MAX - 1).join('')}…`;
}

/**
 * An address that may stand in an `href`, escaped for the attribute: http, https, an app's own scheme
 * (`com.example.app:/done`, RFC 8252 §7.1) or a path of ours. Script and data addresses become `undefined`, so do `//host`.
 */
export function href(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  if (/^\/(?![/\\])/u.test(value) && !/[\t\n\r]/u.test(value)) return escapeExact(value);
  if (!URL.canParse(value)) return undefined;
  const { protocol } = new URL(value);
  if (['javascript:', 'data:', 'vbscript:', 'blob:', 'file:', 'about:', 'filesystem:'].includes(protocol))
    return undefined;
  return escapeExact(value);
}

/** An `href` to the web only: http and https. */
export function webHref(value: string | undefined): string | undefined {
  return value !== undefined && /^https?:\/\//iu.test(value) ? href(value) : undefined;
}

/** The host of a web address, to show whose it is; empty when it is none. */
export function hostOf(value: string | undefined): string {
  return value !== undefined && webHref(value) !== undefined ? new URL(value).host : '';
}

/** What stands on the tile of an app without a logo: its first letter or digit. */
export function initial(name: string): string {
  const visible = short(name);
  const letter = /[\p{L}\p{N}]/u.exec(visible)?.[0] ?? [...visible][0] ?? '?';
  return letter.toLocaleUpperCase('en').slice(0, 2);
}

const TINTS = 8;

/** Which of the eight tile colours a name has: always the same one. */
export function tint(name: string): number {
  // FNV-1a: neighbours in the alphabet should not look alike.
  let hash = 0x811c9dc5;
  for (const character of name) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return (hash >>> 8) % TINTS;
}

const NAMES_SHOWN = 6;

/** "Mail", "Mail and Wiki", "Mail, Wiki and 3 more". */
export function list(names: readonly string[]): string {
  const shown = names.map(short);
  if (shown.length > NAMES_SHOWN) {
    shown.splice(NAMES_SHOWN - 1, Infinity, `${names.length - NAMES_SHOWN + 1} more`);
  }
  const last = shown.pop() ?? '';
  return shown.length === 0 ? last : `${shown.join(', ')} and ${last}`;
}

/** "1 device", "3 devices". */
export function count(amount: number, one: string, many = `${one}s`): string {
  return `${amount} ${amount === 1 ? one : many}`;
}

/** A span of milliseconds, rounded up: "4 s", "5 min", "3 h", "2 days". */
export function span(ms: number): string {
  const seconds = Math.max(1, Math.ceil(ms / 1_000));
  if (seconds < 100) return `${seconds} s`;
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 100) return `${minutes} min`;
  const hours = Math.ceil(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.ceil(hours / 24)} days`;
}

const ERROR_TITLES: Readonly<Record<number, string>> = {
  400: 'That did not work',
  403: 'That is not allowed',
  404: 'There is no such page',
  405: 'That did not work',
  410: 'This is gone',
  429: 'Too many requests',
  503: 'Out of order for a moment',
};

/** The headline of an error page that brings none of its own. */
export function errorTitle(status: number): string {
  return ERROR_TITLES[status] ?? (status < 500 ? 'That did not work' : 'Something went wrong on our side');
}

/** "just now", "5 min ago". */
export function ago(at: number, now: number): string {
  return now - at < 60_000 ? 'just now' : `${span(Math.floor((now - at) / 60_000) * 60_000)} ago`;
}

/** ISO 8601, for `<time datetime>`. */
export function isoOf(at: number): string {
  return new Date(at).toISOString();
}
