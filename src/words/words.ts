import { CATALOGUES, type Key, type Source } from './catalogues.ts';
import { type Language, LOCALES } from './language.ts';
import { fill, type HolesOf } from './message.ts';

/** What may stand in a hole. Numbers are written as the language writes them. */
export type Filling = string | number;

/** The holes of a message, as an argument; none where it has none. A union of keys needs the holes of all. */
export type Holes<K extends Key> = [HolesOf<Source[K]>] extends [never]
  ? []
  : [holes: Readonly<Record<HolesOf<Source[K]>, Filling>>];

/** Speaks one language. */
export interface Words {
  readonly language: Language;
  /** The sentence under a key, its holes filled. Throws for a key or a hole that is not there: a typo fails in tests. */
  say<K extends Key>(key: K, ...holes: Holes<K>): string;
  /** The sentence under a key with open holes; the plural form that fits `count`. */
  sentence(key: Key, count: Filling | undefined): string;
  /** 1234 → "1,234", "1.234". */
  number(value: number): string;
  /** "Mail, Wiki and Calendar". */
  list(names: readonly string[]): string;
  /** A span of milliseconds, rounded up: "4 s", "5 min", "3 h", "2 days". */
  span(ms: number): string;
  /** "just now", "5 minutes ago". */
  ago(at: number, now: number): string;
  /** "29 November 2026 at 09:41 UTC": exact, and in a time zone that is said. */
  date(at: number): string;
}

const spoken = new Map<Language, Words>();

/** The words of one language; made once, since what formats dates and numbers is slow to make. */
export function wordsIn(language: Language): Words {
  const known = spoken.get(language);
  if (known) return known;
  const made = createWords(language);
  spoken.set(language, made);
  return made;
}

function createWords(language: Language): Words {
  const locale = LOCALES[language];
  const catalogue = CATALOGUES[language];
  const plurals = new Intl.PluralRules(locale);
  const numbers = new Intl.NumberFormat(locale);
  const lists = new Intl.ListFormat(locale, { type: 'conjunction' });
  const dates = new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' });
  const since = new Intl.RelativeTimeFormat(locale);

  function sentence(key: Key, count: Filling | undefined): string {
    const message = Object.hasOwn(catalogue, key) ? catalogue[key] : undefined;
    if (message === undefined) throw new Error(`no words under ${key}`);
    if (typeof message === 'string') return message;
    return message[plurals.select(Number(count))] ?? message.other;
  }

  function say(key: Key, holes: Readonly<Record<string, Filling>> = {}): string {
    return fill(sentence(key, holes['count']), (hole) => written(key, hole, holes));
  }

  function written(key: Key, hole: string, holes: Readonly<Record<string, Filling>>): string {
    const filling = Object.hasOwn(holes, hole) ? holes[hole] : undefined;
    if (filling === undefined) throw new Error(`${key} needs ${hole}`);
    return typeof filling === 'number' ? numbers.format(filling) : filling;
  }

  return {
    language,
    say: (key, ...[holes]) => say(key, holes),
    sentence,
    number: (value) => numbers.format(value),
    list: (names) => lists.format(names),
    span(ms) {
      const { unit, count } = roundedUp(ms);
      return say(`span.${unit}`, { count });
    },
    ago(at, now) {
      if (now - at < MINUTE_MS) return say('time.just-now');
      const { unit, count } = roundedDown(now - at);
      return since.format(-count, unit);
    },
    date: (at) => say('time.utc', { date: dates.format(at) }),
  };
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Past this many, the next larger unit says enough. */
const MANY = 100;
const HOURS_MANY = 48;

function roundedUp(ms: number) {
  const seconds = Math.max(1, Math.ceil(ms / 1_000));
  if (seconds < MANY) return { unit: 'seconds', count: seconds } as const;
  const minutes = Math.ceil(seconds / 60);
  if (minutes < MANY) return { unit: 'minutes', count: minutes } as const;
  const hours = Math.ceil(minutes / 60);
  return hours < HOURS_MANY
    ? ({ unit: 'hours', count: hours } as const)
    : ({ unit: 'days', count: Math.ceil(hours / 24) } as const);
}

function roundedDown(ms: number) {
  if (ms < HOUR_MS) return { unit: 'minute', count: Math.floor(ms / MINUTE_MS) } as const;
  if (ms < DAY_MS) return { unit: 'hour', count: Math.floor(ms / HOUR_MS) } as const;
  return { unit: 'day', count: Math.floor(ms / DAY_MS) } as const;
}
