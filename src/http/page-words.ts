/** Small words and safe values for the templates: pure, and the last gate for text from outside. */
import type { Key } from '../words/catalogues.ts';
import type { Words } from '../words/words.ts';

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

/** Without what people cannot see. */
export function visible(text: string): string {
  return text.replace(INVISIBLE, '');
}

/** Escapes for a quoted attribute and keeps every character: values that a form must send back as they came. */
export function escapeExact(value: unknown): string {
  return String(value ?? '').replace(/[&<>"']/g, (character) => ENTITIES[character] as string);
}

/** A name of sane length: 80 characters, then an ellipsis. */
export function short(value: string): string {
  const text = visible(value).replace(/\s+/gu, ' ').trim();
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
export function list(names: readonly string[], words: Words): string {
  const shown = names.map(short);
  if (shown.length > NAMES_SHOWN) {
    shown.splice(NAMES_SHOWN - 1, Infinity, words.say('list.more', { count: names.length - NAMES_SHOWN + 1 }));
  }
  return words.list(shown);
}

const ERROR_TITLES: Readonly<Record<number, Key>> = {
  403: 'title.not-allowed',
  404: 'title.no-page',
  410: 'title.gone',
  429: 'title.too-many',
  503: 'title.out-of-order',
};

/** The headline of an error page that brings none of its own. */
export function errorTitle(status: number): Key {
  return ERROR_TITLES[status] ?? (status < 500 ? 'title.did-not-work' : 'title.our-side');
}

/** ISO 8601, for `<time datetime>`. */
export function isoOf(at: number): string {
  return new Date(at).toISOString();
}
