import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { CATALOGUES, type Key } from '../../../src/words/catalogues.ts';
import { LANGUAGES, LOCALES, languageAmong } from '../../../src/words/language.ts';
import { holesIn, type Message } from '../../../src/words/message.ts';
import { wordsIn } from '../../../src/words/words.ts';

const root = join(import.meta.dirname, '../../..');
const keys = Object.keys(CATALOGUES.en) as Key[];

/** Everything that may ask for words: the product's source but the catalogues, and the templates. */
function textsThatSpeak(): string[] {
  const source = filesIn('src', '.ts').filter((file) => !/src\/words\/(en|de)\//u.test(file));
  return [...source, ...filesIn('views', '.eta')].map((file) => readFileSync(file, 'utf8'));
}

function filesIn(folder: string, ending: string): string[] {
  const names = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.endsWith(ending)).map((name) => join(root, folder, name));
}

/** Keys stand in quotes, or their beginning does in a template string: `state.${state}`. */
function isUsed(key: string, texts: readonly string[]): boolean {
  const beginnings = [...key.matchAll(/[.-]/gu)].map(({ index }) => `\`${key.slice(0, index + 1)}\${`);
  return texts.some((text) => text.includes(`'${key}'`) || beginnings.some((beginning) => text.includes(beginning)));
}

describe('the catalogues', () => {
  it.each(LANGUAGES)('%s has every key, and none for nothing', (language) => {
    expect(Object.keys(CATALOGUES[language]).sort()).toEqual([...keys].sort());
  });

  it.each(LANGUAGES)('%s leaves nothing empty, and fills the same holes as the source', (language) => {
    for (const key of keys) {
      const message: Message = CATALOGUES[language][key];
      const texts = typeof message === 'string' ? [message] : Object.values(message);
      expect({ key, empty: texts.some((text) => text.trim() === '') }).toEqual({ key, empty: false });
      expect({ key, holes: holesIn(message) }).toEqual({ key, holes: holesIn(CATALOGUES.en[key]) });
    }
  });

  it.each(LANGUAGES)('%s has all plural forms of its language', (language) => {
    const forms = new Intl.PluralRules(LOCALES[language]).resolvedOptions().pluralCategories.sort();
    for (const key of keys) {
      const message: Message = CATALOGUES[language][key];
      if (typeof message === 'string') continue;
      expect({ key, forms: Object.keys(message).sort() }).toEqual({ key, forms });
    }
  });

  it('no key is there twice: a later one would hide the earlier', () => {
    const seen = filesIn('src/words/en', '.ts').flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/^ {2}'?([\w.-]+)'?:/gmu)].map(([, key]) => key),
    );
    expect(seen.length).toBeGreaterThan(100);
    expect(seen.filter((key, at) => seen.indexOf(key) !== at)).toEqual([]);
  });

  it('every key is said somewhere', () => {
    const texts = textsThatSpeak();
    expect(keys.filter((key) => !isUsed(key, texts))).toEqual([]);
    expect(
      isUsed(
        'state.nowhere-at-all',
        texts.filter((text) => !text.includes('`state.')),
      ),
    ).toBe(false);
  });

  it('every key that a template says is there', () => {
    const said = filesIn('views', '.eta').flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/\bsay\(([^)]*?)[,)]/gu)].flatMap(([, asked = '']) =>
        [...asked.matchAll(/'([^']+)'/gu)].map(([, key]) => key),
      ),
    );
    expect(said.length).toBeGreaterThan(80);
    // What stands beside them in a condition has no dot.
    expect(said.filter((key) => key?.includes('.') && !keys.includes(key as Key))).toEqual([]);
  });

  it('templates hold no words of their own', () => {
    for (const file of filesIn('views', '.eta')) {
      const text = readFileSync(file, 'utf8')
        .replace(/<%[\s\S]*?%>/gu, '')
        .replace(/<[^>]*>/gu, '');
      expect({ file, words: text.match(/\p{L}{2,}/gu) }).toEqual({ file, words: null });
      const attributes = readFileSync(file, 'utf8').match(/\b(aria-label|title|alt|placeholder)="[^"<]*\p{L}[^"<]*"/gu);
      expect({ file, attributes }).toEqual({ file, attributes: null });
    }
  });

  it('what a person reads has its sentence in the catalogue, not where it is thrown', () => {
    // The API speaks to programs, in English.
    const forPeople = filesIn('src/http', '.ts').filter((file) => !file.includes('/http/api/'));
    expect(forPeople.length).toBeGreaterThan(0);
    for (const file of forPeople) {
      expect({ file, own: readFileSync(file, 'utf8').includes('publicMessage: ') }).toMatchObject({ own: false });
    }
  });
});

describe('words', () => {
  const en = wordsIn('en');
  const de = wordsIn('de');

  it('fill holes, choose plural forms and write numbers as the language does', () => {
    expect(en.say('count.devices', { count: 1 })).toBe('1 device');
    expect(en.say('count.devices', { count: 12_345 })).toBe('12,345 devices');
    expect(de.say('count.devices', { count: 1 })).toBe('1 Gerät');
    expect(de.say('count.devices', { count: 12_345 })).toBe('12.345 Geräte');
    expect(de.say('signed-in-as', { person: '{person} $& </b>' })).toBe('Sie sind als {person} $& </b> angemeldet.');
  });

  it('refuse what is not there', () => {
    const say = en.say as (key: string, holes?: object) => string;
    expect(() => say('count.nothing')).toThrow('no words under count.nothing');
    expect(() => say('toString')).toThrow('no words');
    expect(() => say('signed-in-as')).toThrow('signed-in-as needs person');
    expect(() => say('signed-in-as', { toString: 1 })).toThrow('signed-in-as needs person');
  });

  it('list names', () => {
    expect(en.list(['A', 'B', 'C'])).toBe('A, B and C');
    expect(de.list(['A', 'B', 'C'])).toBe('A, B und C');
  });

  it('tell spans, rounded up', () => {
    const spans = [1, 4_000, 99_000, 99_001, 7_200_000, 172_800_000, 1_000_000_000];
    expect(spans.map(en.span)).toEqual(['1 s', '4 s', '99 s', '2 min', '2 h', '2 days', '12 days']);
    expect(spans.map(de.span)).toEqual(['1 s', '4 s', '99 s', '2 min', '2 h', '2 Tagen', '12 Tagen']);
  });

  it('tell how long ago something was, never more than it is', () => {
    const spans = [-5, 59_999, 60_000, 3_599_999, 3_600_000, 90_000_000, 864_000_000];
    expect(spans.map((ms) => en.ago(0, ms))).toEqual([
      'just now',
      'just now',
      '1 minute ago',
      '59 minutes ago',
      '1 hour ago',
      '1 day ago',
      '10 days ago',
    ]);
    expect(spans.map((ms) => de.ago(0, ms))).toEqual([
      'gerade eben',
      'gerade eben',
      'vor 1 Minute',
      'vor 59 Minuten',
      'vor 1 Stunde',
      'vor 1 Tag',
      'vor 10 Tagen',
    ]);
  });

  it('tell moments with their time zone', () => {
    const at = Date.UTC(2026, 10, 29, 9, 41);
    expect(en.date(at)).toBe('29 November 2026 at 09:41 UTC');
    expect(de.date(at)).toBe('29. November 2026 um 09:41 Uhr UTC');
  });
});

describe('a list of wished languages', () => {
  it.each<[string | undefined, string | undefined]>([
    ['de', 'de'],
    ['de-AT en', 'de'],
    ['tlh DE-ch-1901', 'de'],
    ['fr-CA en-GB-oed de', 'en'],
    ['fr deutsch', undefined],
    ['', undefined],
    [undefined, undefined],
    [`${'x '.repeat(5_000)}de`, undefined],
    ['__proto__ constructor', undefined],
  ])('%j means %s', (tags, language) => {
    expect(languageAmong(tags)).toBe(language);
  });
});
