/** A mail's words, from its facts: text first, the same in html. No remote content, no tracking, no link that signs in. */
import type { Mail } from '../activity/news.ts';
import type { CryptoBox } from '../ops/crypto-box.ts';
import { DEFAULT_LANGUAGE, LOCALES, languageAmong } from '../words/language.ts';
import { type Words, wordsIn } from '../words/words.ts';
import type { Message } from './carry-mail.ts';
import { type Block, toHtml, toText } from './mail-blocks.ts';
import { FORCED_RESET_LIFE_MS, NOT_ME_LIFE_MS, RESET_LIFE_MS } from './plan-mails.ts';

export interface ComposerParts {
  readonly issuer: string;
  /** `SIGNOFF_NAME`. */
  readonly serviceName: string;
  readonly box: Pick<CryptoBox, 'open'>;
}

/** Throws where the token of a mail was sealed under another key. */
export function createComposer({ issuer, serviceName, box }: ComposerParts): (mail: Mail) => Message {
  return function compose(mail) {
    const words = wordsIn(languageAmong(mail.locale) ?? DEFAULT_LANGUAGE);
    const token = mail.sealedToken === undefined ? undefined : box.open(mail.sealedToken);
    const letter = letterOf(mail, {
      words,
      service: serviceName,
      devicesHref: new URL('/devices', issuer).href,
      linkOf: (page) => token && new URL(`/${page}/${token}`, issuer).href,
      exactly: (at) => exactly(at, words, textOf(mail.facts['zone']) ?? 'UTC'),
    });
    const { language } = words;
    const { subject, blocks } = letter;
    return { id: mail.id, to: mail.to, subject, text: toText(blocks), html: toHtml(blocks, language), language };
  };
}

/** What a letter is written with. */
interface Desk {
  readonly words: Words;
  readonly service: string;
  readonly devicesHref: string;
  /** Undefined once the mail was sent: what is shown afterwards holds no link. */
  linkOf(page: 'not-me' | 'reset'): string | undefined;
  /** An instant, in the time zone that it says. */
  exactly(at: number): string;
}

interface Letter {
  readonly subject: string;
  readonly blocks: readonly Block[];
}

function letterOf(mail: Mail, desk: Desk): Letter {
  const { words, service } = desk;
  const { say } = words;
  const greeting: Block = { kind: 'text', text: say('mail.greeting', { name: textOf(mail.facts['name']) ?? '' }) };
  const foot: Block = { kind: 'foot', text: say('mail.foot', { service }) };
  const { subject, blocks } = LETTERS[mail.kind](mail, desk);
  return { subject, blocks: [greeting, ...blocks, foot] };
}

const LETTERS: Readonly<Record<Mail['kind'], (mail: Mail, desk: Desk) => Letter>> = {
  'new-device'(mail, desk) {
    const { say } = desk.words;
    const device = textOf(mail.facts['device']) ?? '?';
    return {
      subject: say('mail.new-device.subject', { service: desk.service, device }),
      blocks: [
        { kind: 'text', text: say('mail.new-device.what') },
        factsOf(mail, desk),
        { kind: 'text', text: say('mail.new-device.calm') },
        ...notMe(mail, desk),
        devices(desk),
      ],
    };
  },
  'signed-out-everywhere'(mail, desk) {
    const { say } = desk.words;
    const count = Number(mail.facts['sessions'] ?? 0);
    const what =
      mail.facts['by'] === 'operator'
        ? say('mail.signed-out.operator', { count, service: desk.service })
        : say('mail.signed-out.user', { count });
    return {
      subject: say('mail.signed-out.subject', { service: desk.service }),
      blocks: [{ kind: 'text', text: what }, factsOf(mail, desk), devices(desk)],
    };
  },
  password(mail, desk) {
    const { say } = desk.words;
    const { service } = desk;
    const count = Number(mail.facts['sessions'] ?? 0);
    const what =
      mail.facts['by'] === 'operator' ? say('mail.password.operator', { service }) : say('mail.password.user');
    return {
      subject: say('mail.password.subject', { service }),
      blocks: [
        { kind: 'text', text: count > 0 ? `${what} ${say('mail.password.ended', { count })}` : what },
        factsOf(mail, desk),
        ...notMe(mail, desk),
        devices(desk),
      ],
    };
  },
  factor(mail, desk) {
    const { say } = desk.words;
    const { service } = desk;
    return {
      subject: say('mail.factor.subject', { service }),
      blocks: [
        { kind: 'text', text: factorWords(mail, desk) },
        factsOf(mail, desk),
        ...notMe(mail, desk),
        devices(desk),
      ],
    };
  },
  reset(mail, desk) {
    const { say } = desk.words;
    const isForced = mail.facts['why'] === 'forced';
    const href = desk.linkOf('reset');
    const until = desk.exactly(mail.at + (isForced ? FORCED_RESET_LIFE_MS : RESET_LIFE_MS));
    return {
      subject: say('mail.reset.subject', { service: desk.service }),
      blocks: [
        { kind: 'text', text: isForced ? say('mail.reset.forced') : say('mail.reset.asked') },
        factsOf(mail, desk),
        ...(href ? [{ kind: 'link', text: say('mail.reset.link', { until }), href } as const] : []),
      ],
    };
  },
};

function factorWords(mail: Mail, { words: { say }, service }: Desk): string {
  const name = textOf(mail.facts['factor']) ?? '';
  switch (mail.facts['change']) {
    case 'added':
      return say('mail.factor.added', { name });
    case 'removed':
      return say('mail.factor.removed', { name });
    case 'codes':
      return say('mail.factor.codes');
    default:
      return say('mail.factor.reset', { service });
  }
}

function factsOf(mail: Mail, { words, exactly: write }: Desk): Block {
  const { say } = words;
  const { device, place, apps, more } = mail.facts;
  const rows: (readonly [string, string])[] = [];
  if (typeof device === 'string') rows.push([say('mail.device'), device]);
  if (typeof place === 'string')
    rows.push([say('mail.place'), say('mail.place-about', { place: countryName(place, LOCALES[words.language]) })]);
  rows.push([say('mail.time'), write(mail.at)]);
  const names = Array.isArray(apps) ? apps : [];
  const left = Number(more ?? 0);
  const all = left > 0 ? say('mail.apps-more', { apps: names.join(', '), count: left }) : words.list(names);
  if (names.length > 0) rows.push([say('mail.apps'), all]);
  return { kind: 'facts', rows };
}

function notMe(mail: Mail, { words, linkOf, exactly: write }: Desk): readonly Block[] {
  const href = linkOf('not-me');
  const until = write(mail.at + NOT_ME_LIFE_MS);
  return href ? [{ kind: 'link', text: words.say('mail.not-me-link', { until }), href }] : [];
}

function devices({ words, devicesHref: href }: Desk): Block {
  return { kind: 'link', text: words.say('mail.devices-link'), href };
}

function exactly(at: number, words: Words, timeZone: string): string {
  const locale = LOCALES[words.language];
  const date = new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeStyle: 'short', timeZone }).format(at);
  return words.say('mail.time-in', { date, zone: timeZone });
}

/** Of its two letters. */
function countryName(place: string, locale: string): string {
  try {
    return new Intl.DisplayNames(locale, { type: 'region' }).of(place) ?? place;
  } catch {
    return place;
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
