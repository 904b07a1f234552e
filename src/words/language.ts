/** The languages that pages, mails and receipts are written in. One more is one more folder beside `en` (docs/languages.md). */
export const LANGUAGES = ['en', 'de'] as const;

export type Language = (typeof LANGUAGES)[number];

/** Spoken where nobody said anything that we understand. */
export const DEFAULT_LANGUAGE: Language = 'en';

/** What each language calls itself. */
export const OWN_NAMES: Readonly<Record<Language, string>> = { en: 'English', de: 'Deutsch' };

/** How numbers, dates and lists are written: "29 November 2026", "A, B and C". */
export const LOCALES: Readonly<Record<Language, string>> = { en: 'en-GB', de: 'de-DE' };

/** More wishes than anybody has; the rest of a hostile list is not looked at. */
const TAGS_READ = 20;

/**
 * The first language of ours in a list of tags (BCP 47) separated by spaces, as in `ui_locales` (Core §3.1.2.1); `de-AT`
 * is German. Undefined where none is.
 */
export function languageAmong(tags: string | undefined): Language | undefined {
  const wished = (tags ?? '').split(' ', TAGS_READ).map((tag) => tag.split('-', 1)[0]?.toLowerCase());
  return wished.map(languageNamed).find((language) => language !== undefined);
}

/** `de` → `de`; undefined for what is none of ours. */
export function languageNamed(name: string | undefined): Language | undefined {
  return LANGUAGES.find((language) => language === name);
}
