import { EVENT_KINDS } from '../activity/news.ts';
import type { Words } from '../words/words.ts';
import { createSay, tag } from './markup.ts';
import { eventWords, type NamedEvent } from './own-pages/activity-words.ts';
import { appWords, countryName, deviceName, keepers, whyEnded } from './own-pages/device-words.ts';
import type { DeviceApp, DeviceRow } from './own-pages/own-page-models.ts';
import type { Permission } from './page-models.ts';
import { list, short } from './page-words.ts';
import type { ReceiptApp, ReceiptDetail, ReceiptPage } from './receipt-models.ts';
import { continueDelayMs, continuesByItself, refresh } from './receipt-timing.ts';
import * as receipt from './receipt-words.ts';
import { permissionWords } from './scope-words.ts';

/** What templates have in one language beside the words that are the same in all. */
export function pageLanguage(words: Words) {
  const { language, ago, span, date } = words;
  return {
    language,
    say: createSay(words),
    tag,
    /** A name from outside, in the middle of a sentence: neither its length nor its direction may spoil the rest. */
    name: (text: string) => tag('bdi', {}, short(text)),
    ago,
    span,
    date,
    list: (names: readonly string[]) => list(names, words),
    permission: (permission: Permission) => permissionWords(permission, words),
    eventKinds: EVENT_KINDS,
    event: (event: NamedEvent) => eventWords(event, words),
    devices: {
      deviceName,
      whyEnded,
      countryName: (place: string) => countryName(place, language),
      keepers: (row: DeviceRow) => keepers(row, words),
      appWords: (app: DeviceApp) => appWords(app, words),
    },
    receipt: {
      continuesByItself,
      continueDelayMs,
      refresh,
      confirmed: receipt.confirmed,
      countRows: receipt.countRows,
      wantsHand: receipt.wantsHand,
      headline: (page: ReceiptPage) => receipt.headline(page, words),
      why: (detail: ReceiptDetail | undefined) => receipt.why(detail, words),
      summary: (page: ReceiptPage) => receipt.summary(page, words),
      rowDetail: (app: ReceiptApp, now: number) => receipt.rowDetail(app, now, words),
    },
  };
}
